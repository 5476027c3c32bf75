"""The MapLibre style of our tiles, before MapLibre's own judge; and the legend that goes with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.layer import Audience
from geo.people.areas import Areas
from geo.render.legend import COUNT_STEPS, legend
from geo.render.style import style_document
from geo.store.db import writing_engine
from geo.store.read import Asking
from geo.store.tiles import tile_fields
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import make_rows

WEB = Path(__file__).parents[2] / "api" / "web"
JUDGE = WEB / "node_modules" / "@maplibre" / "maplibre-gl-style-spec" / "dist" / "gl-style-validate.mjs"
STAFF = Asking(audience=Audience.STAFF, person="staff", areas=Areas(towns=frozenset({"9098"})))
CHOICES = [*([name] for name in LAYERS), list(LAYERS), ["risk_point", "parcel", "household"]]


@pytest.fixture(scope="module")
def client(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "parcel", count=3)
    engine.dispose()
    home: Path = tmp_path_factory.mktemp("styles")
    with TestClient(app_of(Settings(home=home), url), base_url="http://atlas.example") as found:
        yield found


def faults(*styles: dict[str, Any], folder: Path) -> str:
    files = []
    for number, style in enumerate(styles):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(style), encoding="utf-8")
    done = subprocess.run(["node", str(JUDGE), *map(str, files)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_maplibres_own_judge_finds_no_fault_in_any_style(tmp_path: Path) -> None:
    styles = [
        style_document([LAYERS[name] for name in names], asking, base_url="http://atlas.example")
        for names in CHOICES for asking in (Asking(), STAFF)
    ]  # fmt: skip
    assert faults(*styles, folder=tmp_path) == ""


def test_the_judge_would_say_so(tmp_path: Path) -> None:
    style = style_document([LAYERS["parcel"]], Asking(), base_url="http://atlas.example")
    style["layers"][0]["paint"]["fill-opacity"] = "much"
    assert "fill-opacity" in faults(style, folder=tmp_path)


@pytest.mark.parametrize("asking", [Asking(), STAFF], ids=["the public", "staff"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_style_asks_for_nothing_that_the_tiles_do_not_carry(name: str, asking: Asking) -> None:
    style = style_document([LAYERS[name]], asking, base_url="http://atlas.example")
    asked = set(_gets(style["layers"]))
    assert asked <= {*tile_fields(LAYERS[name], asking), "count", "generalised"}
    assert "glyphs" not in style, "letters come from the page's fonts, and from no other server"
    assert "sprite" not in style
    assert all(url.startswith("http://atlas.example/") for one in style["sources"].values() for url in one["tiles"])


def _gets(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        if part[:1] == ["get"]:
            yield part[1]
        for one in part:
            yield from _gets(one)
    elif isinstance(part, dict):
        for one in part.values():
            yield from _gets(one)


def test_colours_of_codes_are_those_of_the_legend() -> None:
    for name, layer in LAYERS.items():
        entries = legend(layer, STAFF)
        coded = {entry.code: entry.color for entry in entries if entry.code}
        (paint, *_) = [one["paint"] for one in style_document([layer], STAFF, base_url="")["layers"]
                       if one["id"] in (f"{name}-fill", f"{name}-points")] or [{}]  # fmt: skip
        color = paint.get("fill-color", paint.get("circle-color"))
        if coded:
            assert color[0] == "match"
            assert dict(zip(color[2:-1:2], color[3:-1:2], strict=True)) == coded
        elif color is not None:
            assert color == entries[0].color


def test_squares_are_graded_by_their_counts_as_the_legend_is() -> None:
    cells = style_document([LAYERS["household"]], Asking(), base_url="")["layers"][0]
    assert cells["paint"]["fill-opacity"] == [
        "step", ["to-number", ["get", "count"]], 0.14, *(part for step in COUNT_STEPS[1:] for part in step)
    ]  # fmt: skip
    parcel = {one["id"]: one for one in style_document([LAYERS["parcel"]], Asking(), base_url="")["layers"]}
    assert parcel["parcel-counts"]["filter"] == ["==", ["get", "generalised"], True]
    assert ["!", ["==", ["get", "generalised"], True]] in parcel["parcel-fill"]["filter"]


def test_names_lie_over_every_shape_and_are_written_with_thai_fonts() -> None:
    style = style_document(list(LAYERS.values()), Asking(), base_url="")
    kinds = [one["type"] for one in style["layers"]]
    assert "symbol" not in kinds[: kinds.index("symbol")]
    assert set(kinds[kinds.index("symbol") :]) == {"symbol"}
    for one in style["layers"]:
        if one["type"] == "symbol":
            assert one["layout"]["text-font"][0] == "Sarabun"


def test_the_style_of_several_layers_is_served_with_one_source(client: TestClient, tmp_path: Path) -> None:
    style = client.get("/tiles/parcel,asset/style.json").json()
    assert faults(style, folder=tmp_path) == ""
    (source,) = style["sources"].values()
    assert source["tiles"] == ["http://atlas.example/tiles/parcel,asset/{z}/{x}/{y}.mvt"]
    told = client.get("/tiles/parcel,asset.json").json()
    assert (source["minzoom"], source["maxzoom"]) == (told["minzoom"], told["maxzoom"])
    assert source["bounds"] == told["bounds"]
    assert {one["source-layer"] for one in style["layers"]} == {"parcel", "asset"}
    assert client.get("/tiles/parcel,no_such/style.json").status_code == 404


def test_tilejson_keeps_to_the_specification(client: TestClient) -> None:
    told = client.get(f"/tiles/{','.join(LAYERS)}.json").json()
    assert told["tilejson"] == "3.0.0"
    assert 0 <= told["minzoom"] <= told["maxzoom"] <= 30
    west, south, east, north = told["bounds"]
    lon, lat, zoom = told["center"]
    assert west <= lon <= east
    assert south <= lat <= north
    assert told["minzoom"] <= zoom <= told["maxzoom"]
    assert isinstance(zoom, int)
    for layer in told["vector_layers"]:
        assert told["minzoom"] <= layer["minzoom"] <= layer["maxzoom"] <= told["maxzoom"]
        assert all(isinstance(words, str) and words for words in layer["fields"].values())
    assert client.get("/tiles/parcel,parcel.json").json()["tiles"] == client.get("/tiles/parcel.json").json()["tiles"]


def test_the_legend_is_told_to_programs_pages_and_people(client: TestClient) -> None:
    told = client.get("/tiles/parcel,household/legend").json()
    assert [one["id"] for one in told["layers"]] == ["parcel", "household"]
    for entry in told["entries"]:
        assert set(entry["label"]) == {"th", "en"}
        assert entry["color"].startswith("#")
    kinds = {entry["layer"]: entry["kind"] for entry in told["entries"]}
    assert kinds == {"parcel": "area", "household": "cell"}
    people = client.get("/tiles/parcel/legend", headers={"Accept": "text/html"}).text
    part = client.get("/tiles/parcel/legend?f=fragment")
    assert part.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" in people
    assert "<html" not in part.text
    assert part.text.count("<li>") == people[people.index("<h1") :].count('<li><svg class="swatch"') > 1
