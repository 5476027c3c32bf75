"""Editions of what the public gets of a layer of cells: made by a person on a day, and the same until the next.

Method `squares-1`. A square of a town's fixed grid is told when it holds at least `at_least` rows, and never when it
holds fewer. The number that an earlier edition told stays until the true one has moved by at least `at_least` since:
two editions laid side by side tell of so many households at once, and not of one (PITFALLS 12). Totals are added up
from the squares that are told, so that there is no remainder to take away from anything.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.layer import Layer
from geo.store.history import quoted
from geo.store.tables import Change, Release

METHOD = "squares-1"


@dataclass(frozen=True, kw_only=True)
class Released:
    """What became of it: the release's id, how many squares are told, how many are too small to be."""

    id: int
    municipality: str
    told: int
    too_small: int


def release(
    session: Session, layer: Layer, municipality: str, *, by: str, at: dt.datetime, reason: str | None = None
) -> Released:
    """Make the next edition of a town's squares; BadRequest for a layer that has none."""
    cells = layer.shape.cells
    if cells is None:
        raise BadRequest(f"ชั้น {layer.id} ไม่ได้เผยแพร่เป็นช่อง", f"The layer {layer.id} is not published as squares")
    last = session.scalar(select(func.max(Change.id)).where(Change.layer == layer.id)) or 0
    earlier = current_release(session, layer, municipality)
    made = Release(
        layer=layer.id, municipality=municipality, made_at=at, made_by=by, reason=reason, method=METHOD,
        at_least=cells.at_least, metres=cells.metres, rows_as_of=last,
    )  # fmt: skip
    session.add(made)
    session.flush()
    given = {
        "release": made.id, "earlier": earlier.id if earlier else None, "town": municipality, "k": cells.at_least,
        "metres": cells.metres,
    }  # fmt: skip
    told, too_small = session.execute(text(_SQUARES.format(table=quoted(layer.id))), given).one()
    # The public's squares are another table than the one whose triggers tell of edits.
    session.execute(text(_TOLD), {"layer": layer.id, "release": made.id, "earlier": given["earlier"]})
    return Released(id=made.id, municipality=municipality, told=told, too_small=too_small)


def current_release(session: Session, layer: Layer, municipality: str) -> Release | None:
    """The edition that holds in a town, if there is one."""
    query = select(Release).where(
        Release.layer == layer.id, Release.municipality == municipality, Release.withdrawn_at.is_(None)
    )
    return session.scalar(query.order_by(Release.id.desc()).limit(1))


def towns_never_released(session: Session, layer: Layer) -> list[str]:
    """The towns that have rows in a layer of cells and no edition yet."""
    town = layer.table.municipality
    released = select(Release.municipality).where(Release.layer == layer.id)
    query = select(town).where(town.is_not(None), town.not_in(released)).distinct().order_by(town)
    return [found for found in session.scalars(query) if found is not None]


_SQUARES = """
WITH now AS (
  SELECT cell_id, count(*)::integer AS held FROM {table} WHERE municipality = :town AND cell_id IS NOT NULL GROUP BY 1
), earlier AS (
  SELECT cell_id, count, basis FROM release_cell WHERE release_id = CAST(:earlier AS bigint)
), compared AS (
  SELECT cell_id, coalesce(n.held, 0) AS held, e.count, coalesce(e.basis, 0) AS basis,
    abs(coalesce(n.held, 0) - coalesce(e.basis, 0)) >= :k AS moved
  FROM now AS n FULL JOIN earlier AS e USING (cell_id)
), decided AS (
  SELECT cell_id, CASE WHEN held < :k THEN NULL WHEN moved THEN held ELSE count END AS count,
    CASE WHEN moved OR (held < :k AND count IS NOT NULL) THEN held ELSE basis END AS basis
  FROM compared
), written AS (
  INSERT INTO release_cell (release_id, cell_id, count, basis, geom, geom_mercator)
  SELECT :release, cell_id, count, basis, square, ST_Transform(square, 3857)
  FROM decided, LATERAL (SELECT atlas_cell_shape(cell_id, :metres) AS square) AS s
  WHERE basis > 0 OR count IS NOT NULL
  RETURNING count
)
SELECT count(count), count(*) - count(count) FROM written
"""
_TOLD = """
SELECT atlas_told(:layer, ST_Extent(geom)::box2d) FROM release_cell
WHERE release_id IN (:release, CAST(:earlier AS bigint))
"""
