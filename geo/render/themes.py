"""The themes of a layer for somebody: which there are, what their classes are, and the paint that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geo.errors import BadRequest, Text
from geo.layer import Cells, Layer, Published, Theme
from geo.store.asking import Asking, form, shown_fields
from geo.themes import Class, classes


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A theme as it is drawn now: its classes, of a relative one counted back from the newest year there is."""

    theme: Theme
    classes: tuple[Class, ...]


def themes_for(layer: Layer, asking: Asking) -> tuple[Theme, ...]:
    """The themes that somebody may choose: those whose column they see; none of squares or where nothing is drawn."""
    if isinstance(form(layer, asking), Cells) or form(layer, asking) is Published.WITHHELD:
        return ()
    shown = shown_fields(layer, asking)
    return tuple(theme for theme in layer.all_themes if theme.by in shown)


def theme_of(layers: Sequence[Layer], asking: Asking, name: str) -> tuple[Layer, Theme]:
    """The theme that is asked for, and whose it is.

    BadRequest, in the same words, for one that is not there and one whose column is not the asker's to know of.
    """
    for layer in layers:
        for theme in themes_for(layer, asking):
            if theme.id == name:
                return layer, theme
    raise BadRequest(f"ไม่มีธีม {name[:80]!r} ในชั้นข้อมูลนี้", f"There is no theme {name[:80]!r} of these layers")


def drawn(layer: Layer, theme: Theme, newest: int | None) -> Drawn:
    """A theme with its classes."""
    return Drawn(theme=theme, classes=classes(theme, layer.fields[theme.by].codes, newest))


def theme_words(theme: Theme, carried: Sequence[str]) -> dict[str, Any]:
    """A theme as the script reads it; its classes are those of the legend. Tiles have the `carried` columns anyway."""
    return {
        "id": theme.id,
        "title": _pair(theme.title),
        "by": None if theme.apart_from is not None else theme.by,
        "inTiles": theme.by in carried,
        "apartFrom": theme.apart_from,
        "note": _pair(theme.note) if theme.note else None,
    }


def color_by(found: Drawn, shade: Any) -> Any:
    """A MapLibre expression for the colour of each class; `shade` darkens a colour for the edge.

    A theme apart from the tiles is painted by a feature's state, which a program sets from the bands it was told.
    """
    theme, rest = found.theme, shade(found.classes[-1].color)
    named = found.classes[:-1]
    if not named:
        return rest
    if theme.apart_from is not None:
        pairs = [part for one in named for part in (one.key, shade(one.color))]
        return ["match", ["to-string", ["feature-state", "band"]], *pairs, rest]
    value: list[Any] = ["get", theme.by]
    if not theme.bands:
        pairs = [part for one in named for part in (one.code, shade(one.color))]
        return ["match", ["to-string", value], *pairs, rest]
    cases: list[Any] = []
    for one in named:
        number = ["to-number", value]
        ends = [*([[">=", number, one.least]] if one.least is not None else []),
                *([["<", number, one.below]] if one.below is not None else [])]  # fmt: skip
        cases += [["all", ["has", theme.by], *ends], shade(one.color)]
    return ["case", *cases, rest]


def _pair(text: Text) -> dict[str, str]:
    return {"th": text.th, "en": text.en}
