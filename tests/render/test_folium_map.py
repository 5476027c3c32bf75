"""The Folium page: small, the same bytes each time, and nothing on it but what is meant."""

import base64
import dataclasses
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Text
from geo.layer import Audience, Layer
from geo.render.element import safe_json
from geo.render.folium_map import Focus, Ways, basemap_credit, folium_map, page_parts
from geo.render.legend import COUNT_STEPS, legend
from geo.render.popup import popup_fields
from geo.render.style import style_document
from geo.shapes.whereabouts import Box
from geo.store.read import Asking
from layers import LAYERS

BOX = Box(west=100.4, south=6.9, east=100.6, north=7.1)
EVIL = "</script><img src=x onerror=alert(1)>${alert(1)}`\u2028'\"&<!--"
PAINT = Path(__file__).resolve().parents[2] / "api" / "web" / "src" / "paint.ts"


def configuration(script: str) -> dict[str, object]:
    found = re.search(r"atlas\.tiles\((\{.*\})\)\.addTo", script)
    assert found, "the script hands no configuration to atlas.tiles"
    read: dict[str, object] = json.loads(found[1])
    return read


@given(st.text())
def test_words_in_a_script_are_read_back_as_they_were_and_can_end_nothing(text: str) -> None:
    written = safe_json({"name": text})
    assert json.loads(written) == {"name": text}
    assert not re.search("[<>&'`$\u2028\u2029]", written)


def test_a_layer_with_markup_in_its_words_stays_data() -> None:
    layer = dataclasses.replace(LAYERS["parcel"], title=Text(EVIL, EVIL), source=Text(EVIL, EVIL))
    parts = page_parts(folium_map([layer], box=BOX))
    assert "<" not in parts.script
    assert "${" not in parts.script
    assert "`" not in parts.script
    read = configuration(parts.script)
    assert read["layers"][0]["title"]["th"] == EVIL  # type: ignore[index]


def test_the_same_map_is_the_same_bytes() -> None:
    one, other = (page_parts(folium_map(list(LAYERS.values()), box=BOX)) for _ in range(2))
    assert one == other


def test_the_policy_names_the_script_by_the_hash_a_browser_computes() -> None:
    parts = page_parts(folium_map(list(LAYERS.values()), box=BOX))
    digest = base64.b64encode(hashlib.sha256(parts.script.encode()).digest()).decode()
    assert parts.script_hash == f"'sha256-{digest}'"


def test_scripts_and_styles_come_from_our_own_server_alone() -> None:
    parts = page_parts(folium_map(list(LAYERS.values()), box=BOX))
    addresses = re.findall(r'(?:src|href)="([^"]*)"', parts.head + parts.body)
    assert addresses
    assert all(address.startswith("/static/") for address in addresses)
    assert "//" not in parts.head.replace("<!--", "")
    assert "://" not in parts.script


def test_a_notebook_gets_scripts_and_tiles_from_the_running_server() -> None:
    parts = page_parts(folium_map([LAYERS["community"]], box=BOX, base_url="http://atlas.example:8000"))
    assert 'src="http://atlas.example:8000/static/leaflet.js"' in parts.head
    assert configuration(parts.script)["base"] == "http://atlas.example:8000"


def test_the_page_is_small_however_many_layers_it_has() -> None:
    parts = page_parts(folium_map(list(LAYERS.values()), box=BOX))
    assert len((parts.head + parts.body + parts.script).encode()) < 100_000


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_a_map_names_no_column_that_the_public_does_not_get(layer: Layer) -> None:
    script = page_parts(folium_map([layer], box=BOX)).script
    words = configuration(script)["layers"][0]  # type: ignore[index]
    hidden = set(layer.fields) - set(layer.fields_for(Audience.PUBLIC))
    style = words["style"]
    told = {*(field["name"] for field in words["popup"]), words["nameField"], style["by"], style["label"]}
    assert not hidden & told


def test_households_are_squares_with_counts_and_have_no_fields() -> None:
    script = page_parts(folium_map([LAYERS["household"]], box=BOX)).script
    words = configuration(script)["layers"][0]  # type: ignore[index]
    assert (words["counts"], words["atLeast"], words["dimension"], words["popup"]) == (True, 5, 2, [])
    assert next(entry.label.en for entry in legend(LAYERS["household"], Asking())) == "5–19 per square"


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_every_colour_on_the_map_is_in_the_legend(layer: Layer) -> None:
    entries = legend(layer, Asking())
    assert entries
    assert all(re.fullmatch("#[0-9a-f]{6}", entry.color) for entry in entries)
    codes = layer.fields[layer.style.by].codes if layer.style.by else None
    if codes:
        assert [entry.code for entry in entries] == [code.code for code in codes.codes if code.color]


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_a_style_paints_only_with_what_the_tiles_carry(layer: Layer) -> None:
    style = style_document([layer], Asking(), base_url="http://atlas.example")
    assert style["version"] == 8
    assert style["layers"]
    assert all(one["source-layer"] == layer.id for one in style["layers"])
    text = json.dumps(style)
    hidden = set(layer.fields) - set(layer.fields_for(Audience.PUBLIC))
    assert not any(f'"get", "{name}"' in text for name in hidden)


def test_the_script_and_the_legend_have_the_same_steps_of_counts() -> None:
    steps = re.findall(r"\{ from: (\d+), opacity: ([\d.]+) \}", PAINT.read_text(encoding="utf-8"))
    assert [(int(start), float(opacity)) for start, opacity in steps] == list(COUNT_STEPS)


def test_the_popup_has_the_declared_fields_in_their_order() -> None:
    names = [words.name for words in popup_fields(LAYERS["risk_point"], Asking())]
    assert names == list(LAYERS["risk_point"].popup)


def test_lower_layers_are_drawn_first_and_a_focus_and_ways_are_handed_on() -> None:
    ways = Ways(pages={"community": "/communities/{id}"}, search_url="/find")
    chosen = [LAYERS["risk_point"], LAYERS["building"], LAYERS["community"]]
    found = folium_map(chosen, box=BOX, focus=Focus(layer="community", id=7), ways=ways, language="en")
    read = configuration(page_parts(found).script)
    assert [layer["id"] for layer in read["layers"]] == ["community", "building", "risk_point"]  # type: ignore[attr-defined]
    assert read["focus"] == {"layer": "community", "id": 7}
    assert read["search"] == {"url": "/find"}
    assert read["language"] == "en"


def test_a_street_map_is_credited() -> None:
    assert basemap_credit("https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png") == "© OpenStreetMap contributors"
    assert basemap_credit("https://tiles.town.example/{z}/{x}/{y}.png") == "© tiles.town.example"
