"""The small map of the citizens' form: the town's communities, buildings and landmarks under a cross-hair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from api.report_said import Town
from geo.layer import Layer
from geo.render.folium_map import Ways, layer_words
from geo.render.popup import code_lists, popup_fields
from geo.store.asking import Asking
from geo.store.tiles import for_tiles
from layers import LAYERS

# By these people know where they are: the outline of their community, houses, temples and schools.
_SHOWN = ("community", "parcel", "building", "asset")


def map_words(request: Request, towns: Sequence[Town]) -> str:
    """What the page's script draws the map from, as JSON; empty where no town is known to look at."""
    if not towns:
        return ""
    asking = for_tiles(Asking())
    layers: list[Layer] = [LAYERS[name] for name in _SHOWN]
    basemap = request.app.state.settings.basemap
    words: dict[str, Any] = {
        "layers": [layer_words(layer, asking, Ways(), all_shown=True) for layer in layers],
        "codes": code_lists([field for layer in layers for field in popup_fields(layer, asking)]),
        "basemap": basemap, "box": towns[0].box,
    }  # fmt: skip
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def policy_for(request: Request, strict: str) -> str:
    """The page's policy: beside our own server, pictures of the street map where the town has one."""
    basemap = request.app.state.settings.basemap
    if not basemap:
        return strict
    parts = urlsplit(basemap.replace("{s}", "*"))
    return strict.replace("img-src 'self' data:", f"img-src 'self' data: {parts.scheme}://{parts.netloc}")
