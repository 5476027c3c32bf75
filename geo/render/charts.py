"""Charts as SVG that a page, a printer and a report take alike: bars, and a choropleth with its legend.

Words enter by `Markup.format`, which escapes them. Colours are presentation attributes, so that a chart is the same
as a file of its own; the page's styles go before them. A picture is an image with a title and a description: the
numbers stand in a table beside it. Every bar carries its number and every class its limits: black and white is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from geo.errors import Text
from geo.shapes.outlines import WIDTH

# ColorBrewer YlGnBu (Cynthia Brewer, Apache-2.0): for the colour-blind too, and ever darker where ink is black.
RAMPS: tuple[tuple[str, ...], ...] = (
    (), ("#7fcdbb",), ("#edf8b1", "#2c7fb8"), ("#edf8b1", "#7fcdbb", "#2c7fb8"),
    ("#ffffcc", "#a1dab4", "#41b6c4", "#225ea8"), ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"),
)  # fmt: skip
BAR = "#2c7fb8"
WIDE = 340
_ROW, _BAR, _ROOM = 40, 14, 74
_LONGEST = 44
_EDGE, _NONE = "#37474f", "#ffffff"
_OPEN = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" class="chart {kind}" viewBox="0 0 {width} {height}" role="img" '
    'aria-labelledby="{id}-title {id}-desc" font-family="Sarabun, \'Noto Sans Thai\', Tahoma, sans-serif" '
    'font-size="13">'
    '<title id="{id}-title">{title}</title><desc id="{id}-desc">{about}</desc>'
)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: its words, its length (None has no bar), the number as it is told, and its colour."""

    label: str
    value: float | None
    told: str
    color: str | None = None


@dataclass(frozen=True, kw_only=True)
class Area:
    """One area of a choropleth: path and a point inside (`geo/shapes/outlines.py`), class from 0, words and mark.

    Without a point there is no room for a mark.
    """

    path: str
    point: tuple[int, int] | None
    step: int | None
    told: str
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a choropleth's legend, in words."""

    label: str
    color: str | None


def bars(id: str, rows: Sequence[Bar], *, title: str, about: str, longest: float | None = None) -> Markup:
    """Bars under each other, each below its words and before its number; `longest` is a scale shared with others."""
    most = max((abs(row.value) for row in rows if row.value is not None), default=0.0)
    whole = (longest if longest is not None else most) or 1.0
    parts = [_opened("bars", id, WIDE, max(1, len(rows)) * _ROW, title, about)]
    for place, row in enumerate(rows):
        top = place * _ROW
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(top + 14, shortened(row.label)))
        length = 0.0 if row.value is None else round(min(abs(row.value) / whole, 1.0) * (WIDE - _ROOM), 1)
        if length:
            parts.append(
                Markup('<rect x="0.5" y="{}" width="{}" height="{}" fill="{}" stroke="{}" stroke-width="0.8"/>').format(
                    top + 19.5, length, _BAR, row.color or BAR, _EDGE
                )
            )
        parts.append(Markup('<text class="told" x="{}" y="{}">{}</text>').format(length + 6, top + 31, row.told))
    return Markup("").join((*parts, Markup("</svg>")))


def choropleth(
    id: str, areas: Sequence[Area], legend: Sequence[Step], *, height: int, title: str, about: str
) -> Markup:
    """Areas in the colours of their classes (hatched where there is none), and the legend below them."""
    small = WIDE / WIDTH
    foot = round(height * small) + 8
    ramp = RAMPS[max((area.step for area in areas if area.step is not None), default=-1) + 1]
    parts = [
        _opened("choropleth", id, WIDE, foot + 24 * len(legend), title, about),
        Markup(
            '<defs><pattern id="{id}-none" width="7" height="7" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="7" height="7" fill="{ground}"/>'
            '<line x1="0" y1="0" x2="0" y2="7" stroke="#78858d" stroke-width="2"/></pattern></defs>'
        ).format(id=id, ground=_NONE),
    ]
    for area in areas:
        fill = Markup("url(#{}-none)").format(id) if area.step is None else ramp[area.step]
        parts.append(
            Markup(
                '<path transform="scale({})" d="{}" fill="{}" stroke="{}" stroke-width="0.7" fill-rule="evenodd" '
                'vector-effect="non-scaling-stroke" stroke-linejoin="round"><title>{}</title></path>'
            ).format(small, area.path, fill, _EDGE, area.told)
        )
    parts += [_marked(area, small, ramp) for area in areas if area.mark and area.point]
    for place, step in enumerate(legend):
        fill = step.color or Markup("url(#{}-none)").format(id)
        parts.append(
            Markup(
                '<rect x="0.5" y="{}" width="22" height="15" fill="{}" stroke="{}" stroke-width="0.8"/>'
                '<text x="30" y="{}" font-size="11.5">{}</text>'
            ).format(foot + 24 * place + 4, fill, _EDGE, foot + 24 * place + 16, step.label)
        )
    return Markup("").join((*parts, Markup("</svg>")))


def in_a_cell(value: float | None, longest: float) -> Markup:
    """A bar for a table's row, whose number stands beside it: nothing that needs to be read out."""
    if value is None or longest <= 0:
        return Markup("")
    return Markup(
        '<svg class="cell-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10" fill="{}"/></svg>'
    ).format(round(abs(value) / longest * 100, 1), BAR)


def shortened(words: str) -> str:
    """Words that fit a bar's width; the table beside has all of them."""
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"


def both(text: Text, language: str) -> str:
    """A label in the reader's language, the other behind it."""
    return f"{text.in_language(language)} · {text.in_language('th' if language == 'en' else 'en')}"


def _opened(kind: str, id: str, width: int, height: int, title: str, about: str) -> Markup:
    return _OPEN.format(kind=kind, id=id, width=width, height=height, title=title, about=about)


def _marked(area: Area, small: float, ramp: Sequence[str]) -> Markup:
    x, y = (round(one * small, 1) for one in area.point or (0, 0))
    # White only on the two darkest of five and the darkest of fewer: 4.5 to 1 everywhere else with black.
    is_dark = area.step is not None and ramp[area.step] in ("#225ea8", "#253494")
    return Markup('<text class="mark" x="{}" y="{}" font-size="7" text-anchor="middle" fill="{}">{}</text>').format(
        x, y + 2.5, "#ffffff" if is_dark else "#14202a", area.mark
    )
