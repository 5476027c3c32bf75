"""The town that a written feature is in and what it belongs to: as it says, else by its place, as a file's rows are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.errors import Problem, Text
from geo.intake.belonging import NO_TOWN, TOWN_CODE
from geo.intake.work import TownsOf, Work
from geo.layer import Layer
from geo.people.areas import Areas
from geo.store.links import LOCATION, TOWN, found_around, points_for, towns_at
from geo.thai import western_digits

BAD_TOWN = Text("รหัสเทศบาลต้องเป็นตัวเลข เช่น 9098", "a municipality code is a number such as 9098")
SAY_TOWN = Text("ไม่รู้ว่าอยู่เทศบาลใด ให้ระบุ municipality", "no municipality is known for it: say which (municipality)")
NO_TARGET = Text("ไม่มีรายการนี้ในเทศบาลเดียวกัน", "there is none of that id in the same municipality")


def belong(
    session: Session,
    layer: Layer,
    layers: Mapping[str, Layer],
    works: Sequence[Work],
    areas: Areas | None,
    towns_of: TownsOf | None = None,
) -> None:
    """Give each work its town and its links; what is wrong goes to its problems."""
    written = [work for work in works if work.action.do != "delete"]
    for work in written:
        _say_town(layer, work)
    if layer.id != TOWN:
        _find_towns(session, layers, [work for work in written if not work.draft.town], areas, towns_of)
    for name, link in layer.links.items():
        _check_links(session, layers[link.to], name, written)
        sought = [work for work in written if _is_sought(work, name)]
        if sought:
            towns = [work.draft.town for work in sought]
            ids = found_around(session, layers[link.to], link, towns, _points(sought))
            for work, fid in zip(sought, ids, strict=True):
                how = f"{name.removesuffix('_id')}_link"
                work.found |= {name: fid, how: None if fid is None else LOCATION}


def _points(works: Sequence[Work]) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = np.empty(len(works), dtype=object)
    shapes[:] = [work.stands for work in works]
    return points_for(shapes)


def _say_town(layer: Layer, work: Work) -> None:
    """The town as it is said, else as it was; a town is in itself."""
    draft, was = work.draft, work.row.values if work.row else {}
    if layer.id == TOWN:
        code = layer.keys[0][0]
        draft.town = draft.words.get(code, was.get(code))
        return
    if draft.town is not None:
        draft.town = western_digits(draft.town).strip()
        if not re.fullmatch(TOWN_CODE, draft.town):
            draft.refuse("unknown-municipality", BAD_TOWN, "municipality")
    elif work.row is not None:
        draft.town = was["municipality"]


def _find_towns(
    session: Session, layers: Mapping[str, Layer], works: Sequence[Work], areas: Areas | None, towns_of: TownsOf | None
) -> None:
    if not works:
        return
    found: list[str | None] = [None] * len(works)
    if TOWN in layers:
        found = towns_at(session, layers[TOWN], _points(works))
    lost = [place for place, town in enumerate(found) if town is None and not _says_home(works[place], areas)]
    if towns_of is not None and lost:
        # What lies in a town that the writer does not see is not their own town's for want of another.
        for place, town in zip(lost, towns_of(_points([works[place] for place in lost])), strict=True):
            found[place] = town
    only = _only_town(session, layers, areas) if areas is not None and None in found else None
    for work, town in zip(works, found, strict=True):
        work.draft.town = town or only
        if work.draft.town is None and areas is not None:
            work.draft.refuse("no-municipality", SAY_TOWN, "municipality")
        elif work.draft.town is None:
            work.draft.problems.append(Problem(code="no-municipality", told=NO_TOWN, column="municipality"))


def _says_home(work: Work, areas: Areas | None) -> bool:
    """Whether it names a community of the writer's own by hand."""
    return areas is not None and work.draft.links.get("community_id") in areas.communities


def _only_town(session: Session, layers: Mapping[str, Layer], areas: Areas) -> str | None:
    """The town of whoever writes for one only."""
    towns = set(areas.towns)
    if areas.communities and "community" in layers:
        table = layers["community"].table
        homes = session.scalars(select(table.municipality).where(table.id.in_(sorted(areas.communities))).distinct())
        towns |= {town for town in homes if town is not None}
    return towns.pop() if len(towns) == 1 else None


def _check_links(session: Session, target: Layer, name: str, works: Sequence[Work]) -> None:
    """A link by hand leads to what this writer sees, and to no other town."""
    named = [work for work in works if work.draft.links.get(name) is not None]
    if not named:
        return
    ids = sorted({work.draft.links[name] or 0 for work in named})
    table = target.table
    query = select(table.id, table.municipality).where(table.id.in_(ids))
    towns = {row.id: row.municipality for row in session.execute(query)}
    for work in named:
        fid = work.draft.links[name]
        if fid not in towns or towns[fid] != work.draft.town:
            work.draft.refuse("unknown-link", NO_TARGET, name, value=fid)


def _is_sought(work: Work, name: str) -> bool:
    """Whether a link is to be found by location: where nobody said it, and the row is new, moved, or written anew."""
    if name in work.draft.links:
        return False
    if work.row is None:
        return True
    if work.action.do == "replace" and name in work.forgotten:
        return True
    how = work.row.values[f"{name.removesuffix('_id')}_link"]
    moved = work.action.has_geometry or work.draft.town != work.row.values["municipality"]
    return moved and how in (None, LOCATION)
