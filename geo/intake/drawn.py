"""The shapes of features that a program wrote, settled as those of a file are: placed, mended, of the right kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.geojson import Unreadable, shape_in
from geo.intake.places import NO_SHAPE, Placing, settled
from geo.intake.report import Findings
from geo.intake.seen import Seen
from geo.intake.work import Work
from geo.layer import Layer
from geo.shapes.crs import named_crs, operation_to_wgs84
from geo.shapes.repair import has_bad_coordinates
from geo.shapes.served import Served, from_served
from geo.shapes.whereabouts import looks_like

COLUMN = "geometry"
# Shapes are in degrees when they are settled.
_HERE = Placing(operation=operation_to_wgs84(named_crs("4326")), swap=False, anywhere=False, problems=())
_SWAPPED = Text("อยู่นอกประเทศไทย ดูเหมือนสลับละติจูดกับลองจิจูด", "outside Thailand: latitude and longitude look exchanged")
_METRES = Text(
    "อยู่นอกประเทศไทย ดูเหมือนเป็นเมตร ให้ระบุระบบพิกัดด้วย Content-Crs",
    "outside Thailand: these look like metres, so say their system with Content-Crs",
)
_PARTIAL = Text(
    "geometry ที่ให้มาไม่ครบ ต้องมีทั้ง type และ coordinates", "a part of a geometry: both type and coordinates are needed"
)


def place(layer: Layer, works: Sequence[Work], crs: Served) -> None:
    """Give each work its shape; what is wrong of it goes to its problems."""
    drawn: list[tuple[Work, Any]] = []
    for work in works:
        if not work.action.has_geometry:
            continue
        written = _written(work, crs)
        if written is None:
            if layer.shape.required:
                work.draft.refuse("no-geometry", NO_SHAPE, COLUMN)
        elif _is_as_it_was(work, written, crs):
            _keep(work)
        else:
            _draw(work, written, drawn)
    if drawn:
        _settle(layer, drawn, crs)


def _written(work: Work, crs: Served) -> Any:
    """What is to be drawn; of a change that gives a part of it (RFC 7396), the rest is as it was."""
    written: Any = work.action.geometry
    if not isinstance(written, dict) or work.action.do != "update" or work.row is None or work.row.drawn is None:
        return written
    if {"type", "coordinates"} <= written.keys() or written.get("type") == "GeometryCollection":
        return written
    return {**_drawn(work.row.drawn), **written} if _is_lon_lat(crs) else written


def _is_as_it_was(work: Work, written: Any, crs: Served) -> bool:
    """Whether the shape was sent back as it was read: the decimals that people do not see stay."""
    if not _is_lon_lat(crs) or work.row is None or work.row.drawn is None or not isinstance(written, dict):
        return False
    was = _drawn(work.row.drawn)
    return bool(written.get("type") == was["type"] and written.get("coordinates") == was.get("coordinates"))


def _is_lon_lat(crs: Served) -> bool:
    return crs.is_degrees and not crs.swapped


def _drawn(text: str) -> dict[str, Any]:
    # As numbers of a program's body are read, so that the same decimals are the same.
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


def _keep(work: Work) -> None:
    work.action = replace(work.action, has_geometry=False, geometry=None)


def _draw(work: Work, written: Any, drawn: list[tuple[Work, Any]]) -> None:
    try:
        drawn.append((work, shape_in(written)))
    except Unreadable as wrong:
        partial = isinstance(written, dict) and ("type" in written) != ("coordinates" in written)
        work.draft.refuse("bad-geometry", _PARTIAL if partial and "coordinates" in written else wrong.told, COLUMN)


def _settle(layer: Layer, drawn: Sequence[tuple[Work, Any]], crs: Served) -> None:
    came: NDArray[np.object_] = np.empty(len(drawn), dtype=object)
    came[:] = [shape for _, shape in drawn]
    shapes = came.copy()
    sound = ~shapely.is_empty(shapes) & ~has_bad_coordinates(shapes)
    shapes[sound] = from_served(shapes[sound], crs)
    findings = Findings()
    seen = Seen(findings, layer, first_row=0, rows=len(drawn), shapes=shapes)
    for (work, _), shape in zip(drawn, settled(shapes, np.zeros(len(drawn), dtype=bool), seen, _HERE), strict=True):
        work.shape = shape
    for entry in findings.entries():
        problem = entry.problem
        if problem.row is None:
            continue
        work, as_it_came = drawn[problem.row]
        told = _why_outside(as_it_came) if problem.code == "outside-thailand" else None
        work.draft.problems.append(replace(problem, row=None, column=COLUMN, told=told or problem.told))


def _why_outside(shape: Any) -> Text | None:
    if shape.is_empty:
        return None
    kind = looks_like(shape.bounds).kind
    return {"swapped": _SWAPPED, "metres": _METRES, "mixed": _METRES}.get(kind)
