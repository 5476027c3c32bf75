"""Which towns the area of a grant lies in: areas are rows of the layers' own tables, and a steward governs by town."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, String, and_, case, cast, column, or_, select, table
from sqlalchemy.orm import Session

from geo.people.areas import AreaKind
from geo.store.people_tables import PersonGrant

COMMUNITY = table("community", column("id", BigInteger), column("municipality", String), column("name_th", String))
SHARED = table(
    "shared_area", column("id", BigInteger), column("municipality", String), column("municipalities", String),
    column("name_th", String),
)  # fmt: skip
TOWN = table("municipality", column("code", String), column("name_th", String))


def number_of(kind: AreaKind) -> ColumnElement[int]:
    """The number that a grant's area is, where it is of this kind."""
    return cast(case((PersonGrant.kind == kind.value, PersonGrant.area)), BigInteger)


def towns_of(
    kind: AreaKind, area: str, community: str | None, shared: str | None, several: str | None
) -> frozenset[str]:
    """The towns that an area lies in: of itself, of its community, or of its shared area."""
    if kind is AreaKind.MUNICIPALITY:
        return frozenset({area})
    if kind is AreaKind.COMMUNITY:
        return frozenset({community} if community else ())
    codes = (several or "").replace(",", " ").replace(";", " ").split()
    return frozenset(code for code in (*codes, shared) if code)


def lies_in(session: Session, towns: set[str]) -> ColumnElement[bool]:
    """Whether a grant's area lies in one of the towns, as `towns_of` says it."""
    communities = select(COMMUNITY.c.id).where(COMMUNITY.c.municipality.in_(towns))
    every = session.execute(select(SHARED.c.id, SHARED.c.municipality, SHARED.c.municipalities))
    shared = [one for one, town, several in every if towns_of(AreaKind.SHARED_AREA, "", None, town, several) & towns]
    return or_(
        and_(PersonGrant.kind == AreaKind.MUNICIPALITY.value, PersonGrant.area.in_(towns)),
        number_of(AreaKind.COMMUNITY).in_(communities), number_of(AreaKind.SHARED_AREA).in_(shared),
    )  # fmt: skip


def places_in(session: Session, towns: Iterable[str]) -> list[tuple[AreaKind, str, str]]:
    """What a steward of these towns may grant in: kind, area, and its name, to choose from."""
    codes = sorted(towns)
    named = session.execute(select(TOWN.c.code, TOWN.c.name_th).where(TOWN.c.code.in_(codes)))
    names = {row.code: row.name_th for row in named}
    inside = (
        select(COMMUNITY.c.id, COMMUNITY.c.name_th)
        .where(COMMUNITY.c.municipality.in_(codes))
        .order_by(COMMUNITY.c.name_th)
        .limit(2000)
    )
    shared = select(SHARED.c.id, SHARED.c.name_th, SHARED.c.municipality, SHARED.c.municipalities).limit(2000)
    return [
        *((AreaKind.MUNICIPALITY, code, names.get(code) or code) for code in codes),
        *((AreaKind.COMMUNITY, str(number), name or str(number)) for number, name in session.execute(inside)),
        *(
            (AreaKind.SHARED_AREA, str(number), name or str(number))
            for number, name, town, several in session.execute(shared)
            if (lies := towns_of(AreaKind.SHARED_AREA, "", None, town, several)) and lies <= set(codes)
        ),
    ]
