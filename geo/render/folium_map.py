"""A Folium map of our layers, for a page and for a notebook alike.

The map holds no features: its layers are our own tiles, so that the page is as small for a million parcels as for
ten (PITFALLS 25), and nothing leaves by it that the read door would not give.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

import folium
from branca.element import Figure

from geo.errors import Text
from geo.layer import Cells, Group, Layer, Stack
from geo.render.element import AtlasMap, AtlasTiles
from geo.render.popup import carried_fields, code_lists, field_words, pair, popup_fields
from geo.render.style import height
from geo.render.themes import theme_words, themes_for
from geo.shapes.whereabouts import Box
from geo.store.read import Asking, form
from geo.store.tiles import tile_fields

STACKS, GROUPS = tuple(Stack), tuple(Group)
PUBLIC = Asking()


@dataclass(frozen=True, kw_only=True)
class Focus:
    """The feature that a map is about: its whole outline is drawn over everything."""

    layer: str
    id: int


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Where a map leads: by layer a page for each feature (`/places/{id}`), and the search."""

    pages: Mapping[str, str] = field(default_factory=dict)
    search_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """As whom somebody looks at a map, or where they may sign in: a link, its words, and what is said below them."""

    href: str
    label: Text
    more: Text | None = None


@dataclass(frozen=True, kw_only=True)
class PageParts:
    """A Folium figure in pieces, for a page of our own; its Content-Security-Policy names `script_hash`."""

    head: str
    body: str
    script: str
    script_hash: str


def folium_map(
    layers: Sequence[Layer],
    *,
    box: Box,
    base_url: str = "",
    language: str = "th",
    demo: bool = False,
    basemap: str | None = None,
    focus: Focus | None = None,
    ways: Ways = Ways(),
    asking: Asking = PUBLIC,
    all_shown: bool = False,
    places: Sequence[tuple[Text, Box]] = (),
    editions: Mapping[str, Text] = MappingProxyType({}),
    account: Account | None = None,
    past: bool = False,
    choosing: Asking | None = None,
) -> folium.Map:
    """A map of `layers` showing `box`.

    `base_url` is the Atlas server that scripts and tiles come from: empty for a page of that same server, its
    address in a notebook. `basemap` is a street map's URL template or None: the map works without one and offline.
    `all_shown` switches on even what a town map keeps off at first: somebody asked for these very layers.
    `places` are towns to jump to, where there are several. `editions` say by layer when its squares were published.
    `choosing` is who may choose themes, where that is not as whom the tiles are read: the tax office's own stand on
    columns that no tile brings. `account` is a link in the corner. `past` offers to go back in time: to members alone.
    """
    ordered = sorted(layers, key=height)
    fields = [words for layer in ordered for words in (*popup_fields(layer, asking), *carried_fields(layer, asking))]
    configuration = {
        "base": base_url,
        "language": "en" if language == "en" else "th",
        "demo": demo,
        "layers": [
            layer_words(layer, asking, ways, all_shown=all_shown, edition=editions.get(layer.id), choosing=choosing)
            for layer in ordered
        ],
        "codes": code_lists(fields),
        "focus": {"layer": focus.layer, "id": focus.id} if focus else None,
        "basemap": {"url": basemap, "credit": basemap_credit(basemap)} if basemap else None,
        "places": [{"label": pair(label), "box": [at.west, at.south, at.east, at.north]} for label, at in places],
        "account": _account_words(account) if account else None,
        "search": {"url": ways.search_url} if ways.search_url else None,
        "past": past,
    }
    found = AtlasMap(box, base_url=base_url)
    AtlasTiles(configuration).add_to(found)
    return found


def layer_words(
    layer: Layer, asking: Asking, ways: Ways, *, all_shown: bool = False, edition: Text | None = None,
    choosing: Asking | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One layer as the script reads it."""
    cells = form(layer, asking)
    shown_as_cells = isinstance(cells, Cells)
    carried = tile_fields(layer, asking)
    return {
        "id": layer.id,
        "title": pair(layer.title),
        "about": pair(layer.about),
        "source": pair(layer.source),
        "licence": layer.licence,
        "only": pair(layer.public_rows_say) if layer.public_rows_say else None,
        "group": {"place": GROUPS.index(layer.group), "label": pair(layer.group.value)},
        "stack": STACKS.index(layer.stack),
        "dimension": 2 if shown_as_cells else layer.shape.dimension,
        "counts": shown_as_cells,
        "atLeast": cells.at_least if isinstance(cells, Cells) else None,
        "edition": pair(edition) if edition else None,
        "zooms": [layer.zooms.start, layer.zooms.stop - 1],
        "generalisedBelow": layer.generalise.below if layer.generalise else None,
        "shown": all_shown or layer.shown_at_start,
        "style": _style_words(layer, carried),
        "themes": [theme_words(theme, carried) for theme in themes_for(layer, choosing or asking)],
        "isIndex": layer.is_index,
        "popup": [field_words(words) for words in popup_fields(layer, asking)],
        "carried": [field_words(words) for words in carried_fields(layer, asking)],
        "nameField": layer.name_field if layer.name_field in carried else None,
        "page": ways.pages.get(layer.id),
    }


def _account_words(account: Account) -> dict[str, Any]:
    more = pair(account.more) if account.more else None
    return {"href": account.href, "label": pair(account.label), "more": more}


def _style_words(layer: Layer, carried: tuple[str, ...]) -> dict[str, Any]:
    style = layer.style
    return {
        "color": style.color,
        "fillOpacity": style.fill_opacity,
        "strokeWidth": style.stroke_width,
        "dash": [float(part) for part in style.dash.split()] if style.dash else None,
        "symbol": style.symbol,
        "by": style.by if style.by in carried else None,
        "label": style.label if style.label in carried else None,
        "labelFromZoom": style.label_from_zoom,
        "labelToZoom": style.label_to_zoom,
        "labelSize": style.label_size,
        "labelFits": style.label_fits,
        "labelShort": style.label_short if style.label_short in carried else None,
    }


def basemap_credit(url: str) -> str:
    """Whom to name for a street map; OpenStreetMap asks for these words."""
    host = urlsplit(url.replace("{s}.", "")).netloc
    return "© OpenStreetMap contributors" if host.endswith("openstreetmap.org") else f"© {host}"


def page_parts(found: folium.Map) -> PageParts:
    """The rendered pieces of a map's figure, with the hash that lets a strict policy run its one script."""
    figure = cast(Figure, found.get_root())
    for child in figure._children.values():
        child.render()
    script = f"\n{figure.script.render()}\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return PageParts(
        head=figure.header.render(),
        body=figure.html.render(),
        script=script,
        script_hash=f"'sha256-{digest}'",
    )
