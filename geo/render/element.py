"""Folium elements of ours: a map whose scripts come from our own server, and layers that are our tiles.

Folium writes JavaScript, so text is let in at one place only: as JSON in which nothing can end a script or open
a template (PITFALLS 5). Ids are fixed, so that the same map is the same bytes and an ETag holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template

from geo.shapes.whereabouts import Box

# Each means something to HTML or to JavaScript as itself, and nothing as an escape inside a JSON string.
_UNSAFE = {
    ord(char): f"\\u{ord(char):04x}" for char in ("<", ">", "&", "'", "`", "$", "\u2028", "\u2029")
}  # fmt: skip


def safe_json(value: Any) -> str:
    """JSON that is safe inside `<script>` too: no `<`, `>`, `&`, `'`, backtick or `$` stands there as itself."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE)


class AtlasMap(folium.Map):
    """A Folium map without a third party's scripts: Leaflet and ours, from the server at `base_url`.

    jQuery, Bootstrap and the marker fonts of Folium are left out: nothing that we draw needs them.
    """

    _template = Template("""
        {% macro header(this, kwargs) %}
            <meta name="viewport" content="width=device-width, initial-scale=1">
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {{ this.settings }});
            {{ this.get_name() }}.fitBounds({{ this.bounds }}, {"padding": [16, 16], "maxZoom": 18});
        {% endmacro %}
    """)

    def __init__(self, box: Box, *, base_url: str = "") -> None:
        x, y = box.centre
        super().__init__(location=[y, x], tiles=None)
        self.default_js = [(name, f"{base_url}/static/{name}.js") for name in ("leaflet", "atlas")]
        self.default_css = [(f"{name}_css", f"{base_url}/static/{name}.css") for name in ("leaflet", "atlas")]
        self._id = "atlas"
        self.get_root()._id = "atlas"
        self.settings = safe_json({"zoomControl": False, "minZoom": 4, "maxZoom": 21, "worldCopyJump": True})
        self.bounds = safe_json([[box.south, box.west], [box.north, box.east]])


class AtlasTiles(MacroElement):
    """Layers drawn from our vector tiles by our script; `configuration` is data and nothing else."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            atlas.tiles({{ this.configuration }}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in branca
        self._name = "AtlasTiles"
        self._id = "atlas"
        self.configuration = safe_json(configuration)
