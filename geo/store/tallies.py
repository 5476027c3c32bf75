"""Counts of what an audience may see; of a layer of cells what its squares add up to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    cast,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.orm import Session

from geo.errors import unknown_property
from geo.layer import Base, Cells, Layer
from geo.store.asking import Asking, form, shown_fields
from geo.store.read import may_see, squares
from geo.store.wanted import EVERYTHING


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows share a value; `count` is None where it is too small to be told.

    `is_about` says that it has parts of squares in it, which reach beyond the place that was asked for.
    """

    value: str | None
    count: int | None
    area_square_metres: float | None = None
    is_about: bool = False


def tallies(
    session: Session,
    layer: Layer,
    asking: Asking,
    *,
    by: str | None = None,
    community_id: int | None = None,
    municipality: str | None = None,
    crossing: tuple[Layer, int] | None = None,
) -> list[Tally]:
    """Counts (and measured area) of the rows this audience may see, in all or by one of its columns, largest first.

    `crossing` is a feature (its layer and id) that the counted shapes must touch: a flood zone belongs to every
    community it reaches. Of a layer that the public gets as cells only the sum of those cells is told, so that nothing
    can be taken away from it; what would cut through its cells is refused.
    """
    if isinstance(form(layer, asking), Cells):
        if by is not None or crossing is not None:
            raise unknown_property(by or "crossing")
        return [_told_in_squares(session, layer, community_id, municipality)]
    if by is not None and by not in shown_fields(layer, asking):
        raise unknown_property(by)
    table = layer.table.__table__
    group = table.c[by] if by else null()
    area = func.sum(table.c.area_square_metres) if "area_square_metres" in layer.fields else null()
    query = select(group, func.count(), area).select_from(table).where(*may_see(layer, asking))
    if community_id is not None:
        query = query.where(table.c.community_id == community_id)
    if municipality is not None:
        query = query.where(table.c.municipality == municipality)
    if crossing is not None:
        place, fid = crossing
        shape = select(place.table.geom).where(place.table.id == fid, *may_see(place, asking)).scalar_subquery()
        query = query.where(table.c.geom.op("&&")(shape), func.ST_Intersects(table.c.geom, shape))
    found = session.execute(query.group_by(group) if by else query).all()
    tallies = [Tally(value=row[0], count=row[1], area_square_metres=row[2]) for row in found]
    return sorted(tallies, key=lambda tally: (-(tally.count or 0), tally.value or ""))


def _told_in_squares(session: Session, layer: Layer, community_id: int | None, municipality: str | None) -> Tally:
    """What the squares that are told add up to in a place; None where that is too little to be told of one.

    A square on a border is shared out between communities by the public map (`atlas_share_of`), and counts whole for
    the town that its middle lies in. Every number here can be worked out from what is public one by one: it leaves
    nothing to take away from anything, however narrow the place and however its outline is drawn.
    """
    held = squares(layer, Asking(), EVERYTHING).subquery()
    share: ColumnElement[float] = literal(1.0)
    told = select(held)
    if community_id is not None:
        community = Base.metadata.tables["community"].c
        outline = select(community.geom).where(community.id == community_id).scalar_subquery()
        told = told.where(held.c.geom.op("&&")(outline))
        share = func.atlas_share_of(held.c.geom, community_id)
    if municipality is not None:
        town = Base.metadata.tables["municipality"].c
        outline = select(town.geom).where(town.code == municipality).limit(1).scalar_subquery()
        told = told.where(func.ST_Covers(outline, func.ST_Centroid(held.c.geom)))
    shared = told.add_columns(share.label("share")).subquery()
    part = shared.c.share
    total = cast(func.round(func.sum(shared.c["count"] * part)), BigInteger)
    count, is_about = session.execute(select(total, func.coalesce(func.bool_or(and_(part > 0, part < 1)), False))).one()
    least = layer.shape.cells.at_least if layer.shape.cells else 1
    return Tally(value=None, count=count if (count or 0) >= least else None, is_about=bool(is_about))
