"""Rows made from a layer's declaration: a test states what it is about and the maker fills the rest.

Everything made here is made up and says so.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo.layer import Field, Layer
from geo.store.releases import release
from geo.store.tables import Change, Release
from geo.store.write import Act, amend
from layers import LAYERS

HAT_YAI = (100.4729, 7.0160)


def make_rows(session: Session, layer_id: str, *, count: int = 1, step: float = 0.0004, **values: Any) -> list[int]:
    """`count` rows of a layer, placed `step` degrees apart eastward from Hat Yai; `values` win over what is made up.

    A value that is a list gives each row its own. Returns the ids.
    """
    layer = LAYERS[layer_id]
    change = Change(made_by="a test", origin="test", operation="load", layer=layer_id)
    session.add(change)
    session.flush()
    rows = []
    for place in range(count):
        own = {name: value[place] if isinstance(value, list) else value for name, value in values.items()}
        rows.append({**made_up(layer, place), **_placed(layer, place, step), "change_id": change.id, **own})
    statement = insert(layer.table).returning(layer.table.id)
    return [session.execute(statement, row).scalar_one() for row in rows]


def rewrite(session: Session, layer_id: str, ids: Sequence[int], at: dt.datetime, **values: Any) -> None:
    """The next version of each row, with these values."""
    act = Act(by="a tester", origin="test", at=at, reason="looked at again")
    for fid in ids:
        amend(session, LAYERS[layer_id], fid, values, act=act)


def release_all(session: Session, at: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) -> None:
    """The next edition of every layer of squares, in every town that has rows or had an edition."""
    for layer in LAYERS.values():
        if layer.shape.cells:
            town = layer.table.municipality
            held = session.scalars(select(town).where(town.is_not(None)).distinct()).all()
            earlier = session.scalars(select(Release.municipality).where(Release.layer == layer.id)).all()
            for code in sorted({str(one) for one in (*held, *earlier)}):
                release(session, layer, code, by="a steward", at=at)


def made_up(layer: Layer, place: int) -> dict[str, Any]:
    """A value for every column a file could fill; hidden text columns get `secret-{layer}-{column}`."""
    return {
        name: _value(layer, words, place) for name, words in layer.fields.items()
        if words.imported and name != "municipality"
    } | {"municipality": "9098"}  # fmt: skip


def _value(layer: Layer, words: Field, place: int) -> Any:
    if words.name == "status" and layer.life == "potential":
        return None  # an asset is simply there, unless somebody marked it
    if words.codes:
        # What the public may see is what most tests are about; a hidden row is made by saying so.
        code = "verified" if words.name == "status" else words.codes.codes[0].code
        return int(code) if words.python_type is int else code
    if words.python_type is bool:
        return True
    if words.python_type in (int, float, Decimal):
        low = words.at_least or 0
        return words.python_type(min(low + 1 + place % 3, words.at_most or low + 9))
    if words.python_type is dt.date:
        return dt.date(2024, 2, 29)
    if words.audience != "public":
        return f"secret-{layer.id}-{words.name}"
    return f"{words.label.th} {place + 1}"


def _placed(layer: Layer, place: int, step: float) -> dict[str, Any]:
    lon, lat = HAT_YAI[0] + step * place, HAT_YAI[1]
    return {"geom": point(lon, lat) if layer.shape.dimension == 0 else square(lon, lat, step * 0.8)}


def square(lon: float, lat: float, side: float) -> str:
    """A square of `side` degrees with its south-west corner at the place."""
    return ring((lon, lat), (lon + side, lat), (lon + side, lat + side), (lon, lat + side))


def point(lon: float, lat: float) -> str:
    """A point at the place."""
    return f"SRID=4326;POINT({lon} {lat})"


def ring(*places: Sequence[float]) -> str:
    """A polygon through the places."""
    text = ", ".join(f"{lon} {lat}" for lon, lat in (*places, places[0]))
    return f"SRID=4326;POLYGON(({text}))"


def tile_at(z: int) -> tuple[int, int, int]:
    """The tile in which the first of the rows lie."""
    lon, lat = HAT_YAI[0], math.radians(HAT_YAI[1])
    return z, int((lon + 180) / 360 * 2**z), int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * 2**z)
