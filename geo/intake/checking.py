"""A shape looked at while it is drawn: what the write door would say of it, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.errors import Problem, Text
from geo.intake.drawn import place
from geo.intake.where import belong
from geo.intake.work import Action, Editor, Work
from geo.intake.written import Draft
from geo.layer import Layer
from geo.life import life_of
from geo.shapes.measure import area_square_metres, length_metres

# A municipality of ours is 9 to 22 square kilometres: what is larger was drawn with a slip of the finger.
MOST_SQUARE_METRES = 25_000_000.0
MOST_METRES = 50_000.0
MOST_POINTS = 10_000
TOO_LARGE = Text("ใหญ่เกิน 25 ตร.กม. โปรดซูมเข้าแล้ววาดใหม่", "larger than 25 km²; zoom in and draw it again")
TOO_LONG = Text("ยาวเกิน 50 กม. โปรดซูมเข้าแล้ววาดใหม่", "longer than 50 km; zoom in and draw it again")
TOO_FINE = Text(f"มีจุดเกิน {MOST_POINTS:,} จุด", f"more than {MOST_POINTS:,} points")
OUTSIDE = Text("อยู่นอกพื้นที่ตามสิทธิ์ของท่าน", "it lies outside the area of your grant")
CROSSES = Text("เส้นตัดกันเอง โปรดแก้ให้ไม่ทับกัน", "its outline crosses itself; move the points apart")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Square metres and metres on the spheroid (None where they mean nothing), where it lies, and what is wrong."""

    square_metres: float | None
    metres: float | None
    municipality: str | None
    community_id: int | None
    is_refused: bool
    problems: tuple[Problem, ...]


def checked(session: Session, layer: Layer, layers: Mapping[str, Layer], action: Action, editor: Editor) -> Checked:
    """What would be said of a new mark's shape; nothing is written."""
    work = Work(action=action, row=None, draft=Draft(), links=frozenset(layer.links))
    place(layer, [work], editor.crs)
    check_extent(layer, work)
    if work.shape is not None:
        belong(session, layer, layers, [work], editor.areas, editor.towns_of)
        if not _is_here(work, layer, editor):
            work.draft.refuse("outside-area", OUTSIDE, "geometry")
    measured = work.shape
    problems = (*action.problems, *work.draft.problems)
    return Checked(
        square_metres=_square_metres(measured), metres=_metres(measured), municipality=work.draft.town,
        community_id=work.found.get("community_id"), is_refused=any(one.level == "error" for one in problems),
        problems=problems,
    )  # fmt: skip


def check_extent(layer: Layer, work: Work) -> None:
    """Refuse a mark's shape that crosses itself or is larger than anything that a person means to mark.

    A file's shapes are mended; whoever draws one can see what they drew and mend it better.
    """
    shape = work.shape
    if life_of(layer) is None or shape is None or not work.action.has_geometry:
        return
    if any(one.code in ("repaired", "self-intersection") for one in work.draft.problems):
        work.draft.refuse("self-crossing", CROSSES, "geometry")
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        work.draft.refuse("too-fine", TOO_FINE, "geometry")
    elif (_square_metres(shape) or 0) > MOST_SQUARE_METRES:
        work.draft.refuse("too-large", TOO_LARGE, "geometry")
    elif (_metres(shape) or 0) > MOST_METRES:
        work.draft.refuse("too-long", TOO_LONG, "geometry")


def _is_here(work: Work, layer: Layer, editor: Editor) -> bool:
    areas = editor.areas
    if areas is None or areas.shared:
        return True
    return work.draft.town in areas.towns or work.community_of(layer) in areas.communities


def _square_metres(shape: BaseGeometry | None) -> float | None:
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    return float(area_square_metres(np.array([shape], dtype=object))[0])


def _metres(shape: BaseGeometry | None) -> float | None:
    if shape is None or shape.geom_type in ("Point", "MultiPoint"):
        return None
    return float(length_metres(np.array([shape], dtype=object))[0])
