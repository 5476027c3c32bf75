"""Which features lie in which band of a number that no tile carries: their ids by band, and never the number.

The band is worked out where the rows are. Reading it is reading the column: through the read door, as the role that
may select it, within the asker's area, and written down as one line for all the rows of an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from geo.errors import unknown_property
from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking, shown_fields
from geo.store.read import rows, witnessed
from geo.store.wanted import Wanted

# What a screen of the densest quarter holds at the zoom from which themes of this kind are drawn.
MOST = 20_000


@dataclass(frozen=True, kw_only=True)
class Banded:
    """Ids by the place of their band; those without a number, or below the first band, are under None.

    With `more` there are more features in the box than are told of at once, and none is told.
    """

    ids: dict[int | None, list[int]]
    more: bool = False


def banded(session: Session, layer: Layer, asking: Asking, name: str, starts: Sequence[float], box: Box) -> Banded:
    """The features in a box by bands of `name` that begin at `starts`, lowest first.

    BadRequest where the column is not the asker's; `NotYours` where the reading cannot be written down.
    """
    if name not in shown_fields(layer, asking):
        raise unknown_property(name[:80])
    inner = rows(layer, asking, Wanted(names=(name,), box=box)).order_by(None).subquery()
    query = select(inner.c.id, _band(inner.c[name], starts)).limit(MOST + 1)
    found = session.execute(query).all()
    if len(found) > MOST:
        return Banded(ids={}, more=True)
    ids: dict[int | None, list[int]] = defaultdict(list)
    for fid, band in sorted((row[0], row[1]) for row in found):
        ids[band].append(fid)
    witnessed(session, layer, asking, sorted(row[0] for row in found))
    return Banded(ids=dict(ids))


def _band(value: ColumnElement[float], starts: Sequence[float]) -> ColumnElement[int]:
    whens = [((value >= low) & (value < high), at) for at, (low, high) in enumerate(pairwise(starts))]
    return case(*whens, (value >= starts[-1], len(starts) - 1))
