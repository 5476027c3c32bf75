"""A parcel among its neighbours as a small drawing that stands on a page and on paper: north up, with a scale bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from geo.shapes.outlines import WIDTH, drawn
from geo.shapes.whereabouts import Box

WIDE = 340
# Metres around the parcel, beside a part of its own size; and what a degree of latitude measures.
_LEAST_AROUND, _PART_AROUND, _METRES_OF_A_DEGREE = 12.0, 0.35, 111_200.0
_BARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_FOOT = 26
_LONGEST = 14


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A neighbour: its shape in degrees and what it is called."""

    shape: BaseGeometry
    name: str


def frame_of(parcel: BaseGeometry) -> Box:
    """The rectangle of degrees that a parcel is drawn in: about square on the ground."""
    west, south, east, north = parcel.bounds
    across = float(np.cos(np.radians((south + north) / 2)))
    wide, tall = (east - west) * across, north - south
    half = max(wide, tall) * (0.5 + _PART_AROUND) + _LEAST_AROUND / _METRES_OF_A_DEGREE
    lon, lat = (west + east) / 2, (south + north) / 2
    return Box(west=lon - half / across, south=lat - half, east=lon + half / across, north=lat + half)


def sketch(parcel: BaseGeometry, around: Sequence[Plot], buildings: Sequence[BaseGeometry], *, title: str, about: str,
           unit: str) -> Markup:  # fmt: skip
    """The drawing; what lies outside its frame is cut off. Words enter by `Markup.format`, which escapes them."""
    frame = frame_of(parcel)
    box = shapely.box(frame.west, frame.south, frame.east, frame.north)
    plots = [(one.name, cut) for one in around if (cut := _within(one.shape, box)) is not None]
    houses = [cut for one in buildings if (cut := _within(one, box)) is not None]
    found = drawn([box, *(shape for _, shape in plots), *houses, parcel])
    small = WIDE / WIDTH
    height = round(found.height * small)
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" class="sketch" viewBox="0 0 {} {}" role="img" '
            'aria-labelledby="sketch-title sketch-desc"><title id="sketch-title">{}</title>'
            '<desc id="sketch-desc">{}</desc>'
        ).format(WIDE, height + _FOOT, title, about)
    ]
    kinds = ["beside"] * len(plots) + ["house"] * len(houses) + ["own"]
    for kind, path in zip(kinds, found.paths[1:], strict=True):
        if path:
            parts.append(Markup('<path class="{}" transform="scale({})" d="{}"/>').format(kind, small, path))
    # Houses stand on the parcel, so that their outlines are drawn once more above it.
    for path in found.paths[1 + len(plots) : -1]:
        if path:
            parts.append(Markup('<path class="house" transform="scale({})" d="{}"/>').format(small, path))
    for (name, _), point in zip(plots, found.points[1:], strict=False):
        if point and name:
            parts.append(
                Markup('<text x="{}" y="{}">{}</text>').format(
                    round(point[0] * small, 1), round(point[1] * small + 3, 1), name[:_LONGEST]
                )
            )
    return Markup("").join((*parts, _scale(frame, height, unit), Markup("</svg>")))


def _within(shape: BaseGeometry, box: BaseGeometry) -> BaseGeometry | None:
    """The areas of a shape inside the frame; a ring that crosses itself is mended first."""
    sound = shape if shape.is_valid else shapely.make_valid(shape)
    cut = sound.intersection(box)
    areas = [one for one in shapely.get_parts(cut).tolist() if one.geom_type == "Polygon"]
    return shapely.MultiPolygon(areas) if areas else None


def _scale(frame: Box, height: int, unit: str) -> Markup:
    metres = (frame.north - frame.south) * _METRES_OF_A_DEGREE
    each = WIDE / metres
    length = max((one for one in _BARS if one * each <= WIDE / 3), default=_BARS[0])
    end = round(length * each, 1)
    top = height + 12
    return Markup(
        '<path class="bar" d="M4 {top}h{end}M4 {high}v8M{stop} {high}v8"/>'
        '<text class="told" x="{after}" y="{base}">{length} {unit}</text>'
        '<text class="told north" x="{east}" y="{base}">N ↑</text>'
    ).format(top=top, high=top - 4, end=end, stop=round(4 + end, 1), after=round(end + 12, 1), base=top + 5,
             length=length, unit=unit, east=WIDE - 30)  # fmt: skip
