"""Themes of layers: what they promise whichever they are, what their colours promise, and who gets which."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.codes import PATTERNS, CodeList
from geo.errors import BadLayer, BadRequest, Text
from geo.layer import Audience
from geo.people.areas import Areas
from geo.render.legend import legend
from geo.render.style import style_document
from geo.render.themes import Drawn, drawn, theme_of, themes_for
from geo.store import banded
from geo.store.read import Asking
from geo.store.tiles import for_tiles, tile_fields
from geo.themes import Band, Class, Theme, classes
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, square, tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of
from tests.render.test_style import faults

TOWN = Areas(towns=frozenset({"9098"}))
PUBLIC, STAFF = Asking(), Asking(audience=Audience.STAFF, person="s", areas=TOWN)
TAX = Asking(audience=Audience.TAX, person="t", areas=TOWN, purpose="a test")
EYES = {"public": PUBLIC, "staff": STAFF, "tax": TAX}
THEMES = [(name, theme.id) for name, layer in LAYERS.items() for theme in layer.all_themes]
LON, LAT = HAT_YAI
HERE = f"{LON - 0.001},{LAT - 0.001},{LON + 0.02},{LAT + 0.01}"
DECLARED = Text("ก", "A")


def theme_named(name: str, theme: str) -> Theme:
    return next(one for one in LAYERS[name].all_themes if one.id == theme)


def drawn_now(name: str, theme: str) -> Drawn:
    return drawn(LAYERS[name], theme_named(name, theme), 2026)


# What every theme promises.


@pytest.mark.parametrize(("name", "theme"), THEMES)
def test_every_theme_is_named_in_both_languages_and_tells_its_classes_apart(name: str, theme: str) -> None:
    found = drawn_now(name, theme)
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in found.theme.title.th)
    assert found.theme.title.en
    assert len({one.key for one in found.classes}) == len(found.classes) > 1
    assert found.classes[-1].key == "", "what says nothing has a class of its own"
    assert all(one.pattern in (None, *PATTERNS) for one in found.classes)
    assert all(one.label.th and one.label.en and one.color.startswith("#") for one in found.classes)


@pytest.mark.parametrize("who", EYES)
@pytest.mark.parametrize("name", LAYERS)
def test_a_theme_is_offered_to_whoever_sees_its_column_and_to_nobody_else(name: str, who: str) -> None:
    layer, asking = LAYERS[name], EYES[who]
    offered = {theme.id for theme in themes_for(layer, asking)}
    for theme in layer.all_themes:
        sees = layer.fields[theme.by].audience in asking.audience.sees and not (asking.is_low and layer.shape.cells)
        assert (theme.id in offered) == sees
        if not sees:
            with pytest.raises(BadRequest) as hidden:
                theme_of([layer], asking, theme.id)
            with pytest.raises(BadRequest) as unknown:
                theme_of([layer], asking, "no_such")
            assert hidden.value.told.en.replace(theme.id, "…") == unknown.value.told.en.replace("no_such", "…")


def test_parcels_have_the_themes_of_a_tax_map() -> None:
    ids = [theme.id for theme in LAYERS["parcel"].themes]
    assert ids == ["land_use", "document_type", "land_owner_agency", "occupancy", "tax_year", "value"]
    assert [theme.id for theme in themes_for(LAYERS["parcel"], STAFF)] == ids[:-1]
    assert [theme.id for theme in themes_for(LAYERS["parcel"], TAX)] == ids


@pytest.mark.parametrize(
    "wrong",
    [
        {"bands": (Band(least=2, label=DECLARED, color="#000000"), Band(least=1, label=DECLARED, color="#000000"))},
        {"relative": True},
        {"apart_from": 15},
    ],
)
def test_a_theme_that_cannot_be_drawn_is_refused_at_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadLayer):
        Theme(id="x", title=DECLARED, by="y", **wrong)


def class_of(found: tuple[Class, ...], value: float) -> list[str]:
    return [
        one.key for one in found
        if (one.least is not None or one.below is not None)
        and (one.least is None or value >= one.least) and (one.below is None or value < one.below)
    ]  # fmt: skip


@given(st.floats(0, 1e12))
def test_every_value_lies_in_one_class(baht: float) -> None:
    assert len(class_of(drawn_now("parcel", "value").classes, baht)) == 1


@given(newest=st.integers(2000, 2100), year=st.integers(1900, 2200))
def test_a_year_lies_in_the_class_of_its_age_and_one_to_come_in_none(newest: int, year: int) -> None:
    found = classes(theme_named("parcel", "tax_year"), None, newest)
    age = newest - year
    wanted = [] if age < 0 else ["0"] if age == 0 else ["1"] if age == 1 else ["2"] if age < 4 else ["3"]
    assert class_of(found, year) == wanted


def test_years_are_told_in_both_eras() -> None:
    told = [one.label for one in classes(theme_named("parcel", "tax_year"), None, 2026)]
    assert told[0] == Text("ปีล่าสุด · พ.ศ. 2569", "newest year · 2026 (B.E. 2569)")
    assert told[2].th == "เก่า 2–3 ปี · พ.ศ. 2566–2567"
    assert classes(theme_named("parcel", "tax_year"), None, None)[0].key == "", "no rows have no newest year"


# What the colours promise.

CARDS, GROUNDS = ("#ffffff", "#18232b"), ("#eef1ee", "#d3dad6")  # colours.css, by day and by night
# Machado, Oliveira and Fernandes (2009), severity 1: as protanopes, deuteranopes and tritanopes see.
SEEN = [np.eye(3), *(np.array(one) for one in (
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
))]  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
COLOURED = ("document_type", "land_agency", "occupancy")
TOLD_APART = 20.0  # CIE 1976: two is just seen side by side


def linear(color: str) -> NDArray[np.float64]:
    parts = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it."""
    darker, lighter = sorted(float(TO_XYZ[1] @ linear(color)) for color in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = TO_XYZ @ np.clip(light, 0, 1) / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: str, other: str) -> float:
    """How far two colours are from each other for whoever tells them apart worst."""
    return min(float(np.linalg.norm(lab(eye @ linear(one)) - lab(eye @ linear(other)))) for eye in SEEN)


def edge_of(color: str) -> str:
    """The line around a shape of that colour (api/web/src/paint.ts)."""
    return "#" + "".join(f"{round(int(color[at : at + 2], 16) * 0.62):02x}" for at in (1, 3, 5))


@pytest.mark.parametrize("name", COLOURED)
def test_kinds_of_land_stand_out_from_the_paper_by_day_and_by_night(name: str) -> None:
    for code in CodeList.read(name).codes:
        assert code.color, code.code
        assert min(contrast(code.color, card) for card in CARDS) >= 3, code.code
        assert min(contrast(edge_of(code.color), ground) for ground in GROUNDS) >= 3, code.code


@pytest.mark.parametrize("name", COLOURED)
def test_no_two_kinds_of_land_look_the_same_to_anybody(name: str) -> None:
    for one, other in itertools.combinations(CodeList.read(name).codes, 2):
        if one.pattern == other.pattern:
            assert one.color
            assert other.color
            assert apart(one.color, other.color) >= TOLD_APART, (one.code, other.code)


@pytest.mark.parametrize("theme", ["tax_year", "value"])
def test_neighbouring_classes_of_numbers_are_told_apart(theme: str) -> None:
    for one, other in itertools.combinations(drawn_now("parcel", theme).classes, 2):
        assert one.pattern != other.pattern or apart(one.color, other.color) >= 10, (one.key, other.key)
        assert contrast(edge_of(one.color), GROUNDS[0]) >= 3


def test_the_map_draws_every_pattern_that_a_list_may_name() -> None:
    script = (Path(__file__).parents[2] / "api/web/src/hatch.ts").read_text()
    assert all(f'hatch === "{pattern}"' in script for pattern in PATTERNS)


# What styles and legends say.


def test_maplibres_own_judge_finds_no_fault_in_any_theme(tmp_path: Path) -> None:
    styles = [
        style_document([layer], for_tiles(asking), base_url="http://atlas", themed={name: drawn(layer, theme, 2026)})
        for name, layer in LAYERS.items() for asking in EYES.values() for theme in themes_for(layer, asking)
    ]  # fmt: skip
    assert len(styles) > 20
    assert faults(*styles, folder=tmp_path) == ""


@pytest.mark.parametrize(("name", "theme"), THEMES)
def test_a_theme_is_painted_as_its_legend_says(name: str, theme: str) -> None:
    found = drawn_now(name, theme)
    entries = legend(LAYERS[name], TAX, found)
    style = style_document([LAYERS[name]], STAFF, base_url="", themed={name: found})
    (color,) = [one["paint"].get("fill-color", one["paint"].get("circle-color")) for one in style["layers"]
                if one["id"] in (f"{name}-fill", f"{name}-points")]  # fmt: skip
    assert [entry.color for entry in entries] == [one.color for one in found.classes]
    painted = [part for part in color if isinstance(part, str) and part.startswith("#")]
    assert painted == [entry.color for entry in entries]
    (source,) = style["sources"].values()
    carried = found.theme.by in tile_fields(LAYERS[name], STAFF) or found.theme.apart_from is not None
    assert source["tiles"][0].endswith(".mvt" if carried else f".mvt?theme={theme}")


# What the doors give, and to whom.


@pytest.fixture
def town(engine: Engine) -> list[int]:
    """Six lots side by side, worth from nothing to a hundred million; one more in the town next door."""
    make_person(engine, "tawan", "tax municipality 9098")
    make_person(engine, "somchai", "staff municipality 9098")
    lots = [square(LON + 0.0004 * place, LAT, 0.0003) for place in range(6)]
    with Session(engine) as session, session.begin():
        worth = [None, 0, 499_999, 500_000, 10_000_000, 100_000_000]
        years: list[int | None] = [2026, 2025, 2023, 1999, None, 2569]
        kinds: list[str | None] = ["NS4", "SRT", "NONE", None, "WAT", "NS3"]
        words: dict[str, Any] = {"appraised_baht": worth, "tax_year": years, "document_type": kinds}
        made = make_rows(session, "parcel", count=6, geom=lots, **words)
        make_rows(session, "parcel", geom=square(LON + 0.004, LAT, 0.0003), municipality="9099", appraised_baht=7)
    return made


def tax_headers(client: TestClient, **more: str) -> dict[str, str]:
    return headers_of(client, "tawan", scope="tax", **{"purpose": "ตรวจราคา", **more})


@pytest.mark.usefixtures("town")
def test_the_legend_follows_the_theme_for_programs_and_for_people(client: TestClient) -> None:
    told = client.get("/tiles/parcel/legend?f=json&theme=document_type").json()
    assert told["layers"][0]["theme"] == "document_type"
    by_code = {entry["code"]: entry for entry in told["entries"]}
    assert by_code["SRT"]["pattern"] == "slash"
    assert set(by_code) == {code.code for code in CodeList.read("document_type").codes} | {""}
    people = client.get("/tiles/parcel/legend?theme=document_type", headers={"Accept": "text/html"}).text
    assert "ที่ดินการรถไฟ" in people
    assert 'fill="url(#hatch-' in people, "not by colour alone"
    offered = client.get("/tiles/parcel/legend?f=json").json()["layers"][0]["themes"]
    assert [one["id"] for one in offered] == ["land_use", "document_type", "land_owner_agency", "occupancy", "tax_year"]


@pytest.mark.usefixtures("town")
def test_the_newest_year_is_one_that_can_be_believed(client: TestClient) -> None:
    entries = client.get("/tiles/parcel/legend?f=json&theme=tax_year").json()["entries"]
    assert (entries[0]["from"], entries[0]["below"]) == (2026, 2027), "2569 is a slip of the pen, no year to come"
    assert "2569" in entries[0]["label"]["th"]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "path",
    [
        "/tiles/parcel/legend?f=json&theme={}", "/tiles/parcel/style.json?theme={}",
        "/tiles/parcel/15/25528/15743.mvt?theme={}", "/map/bands?layer=parcel&bbox=100.4,7,100.5,7.1&theme={}",
        "/collections/parcel/tiles/WebMercatorQuad/15/15743/25528?f=mvt&theme={}",
    ],
)  # fmt: skip
def test_a_theme_that_is_not_the_askers_is_refused_as_one_that_is_not_there(path: str, client: TestClient) -> None:
    staff = headers_of(client, "somchai")
    for headers in ({}, staff):
        hidden, unknown = (client.get(path.format(name), headers=headers) for name in ("value", "nothing"))
        assert hidden.status_code == unknown.status_code == 400
        assert hidden.json()["detail_en"].replace("value", "nothing") == unknown.json()["detail_en"]
        assert "ไม่มีธีม" in unknown.json()["detail"]
    assert client.get(path.format("household_of")).status_code == 400


def parcels_in(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(body)["parcel"]["features"]
    return found


@pytest.mark.usefixtures("town")
def test_tiles_carry_a_themes_column_when_it_is_asked_for_and_not_before(client: TestClient) -> None:
    z, x, y = tile_at(14)
    tile = f"/tiles/parcel/{z}/{x}/{y}.mvt"
    plain, themed = client.get(tile), client.get(f"{tile}?theme=document_type,tax_year")
    without, carrying = parcels_in(plain.content), parcels_in(themed.content)
    assert not {"document_type", "tax_year", "occupancy"} & set().union(*(one["properties"] for one in without))
    assert {one["properties"].get("document_type") for one in carrying} == {"NS4", "SRT", "NONE", None, "WAT", "NS3"}
    assert {2026, 1999} <= {one["properties"].get("tax_year") for one in carrying}
    assert themed.headers["cache-control"] == plain.headers["cache-control"]
    other = json.loads(client.get(f"{tile.removesuffix('mvt')}geojson?theme=occupancy").content)
    assert all("occupancy" in one["properties"] for one in other["features"])
    both = client.get(f"/tiles/parcel,building/{z}/{x}/{y}.mvt?theme=land_use,use")
    assert both.status_code == 200, "of several layers each theme is of one"


def bands(client: TestClient, headers: dict[str, str], bbox: str = HERE) -> Any:
    return client.get(f"/map/bands?layer=parcel&theme=value&bbox={bbox}", headers=headers)


def test_the_tax_office_learns_classes_and_no_values(client: TestClient, town: list[int]) -> None:
    answer = bands(client, tax_headers(client))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    told = answer.json()
    nothing, zero, below, half, ten, hundred = town
    assert {one["key"]: one["ids"] for one in told["bands"]} == {
        "0": [zero, below], "1": [half], "2": [], "3": [ten], "4": [hundred], "": [nothing],
    }  # fmt: skip
    assert "499999" not in answer.text
    assert "owner" not in answer.text


def test_what_the_tax_office_looked_at_is_one_line_of_the_log(
    client: TestClient, engine: Engine, town: list[int]
) -> None:
    headers = tax_headers(client)
    bands(client, headers)
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT person, audience, purpose, door, layer, records FROM read_log")).all()
    assert [tuple(line) for line in lines] == [("tawan", "tax", "ตรวจราคา", "/map/bands", "parcel", sorted(town))]
    assert bands(client, headers, "1,1,2,2").json()["bands"][0]["ids"] == []
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_log")) == 1, "nothing was told, nothing was read"


@pytest.mark.usefixtures("town")
def test_the_town_next_door_is_nobodys_business(client: TestClient, engine: Engine) -> None:
    told = bands(client, tax_headers(client)).json()["bands"]
    with engine.connect() as connection:
        (theirs,) = connection.scalars(text("SELECT id FROM parcel WHERE municipality = '9099'")).all()
    assert all(theirs not in one["ids"] for one in told)


@pytest.mark.usefixtures("town")
def test_too_much_at_once_is_not_told_at_all(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(banded, "MOST", 5)
    told = bands(client, tax_headers(client)).json()
    assert told["more"]
    assert all(one["ids"] == [] for one in told["bands"])
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_log")) == 0


@pytest.mark.usefixtures("town")
def test_a_box_and_a_theme_that_tiles_carry_are_asked_for_rightly(client: TestClient) -> None:
    headers = tax_headers(client)
    assert bands(client, headers, "1,2,3").status_code == 400
    assert client.get(f"/map/bands?layer=parcel&theme=occupancy&bbox={HERE}", headers=headers).status_code == 400
    assert client.get("/map/bands?layer=parcel&theme=value", headers=headers).status_code == 400
    assert client.get(f"/map/bands?layer=no_such&theme=value&bbox={HERE}", headers=headers).status_code == 404


@pytest.mark.usefixtures("town")
def test_the_tax_offices_tiles_are_the_municipalitys(client: TestClient) -> None:
    z, x, y = tile_at(14)
    asked = client.get(f"/tiles/parcel/{z}/{x}/{y}.mvt?theme=value", headers=tax_headers(client))
    assert asked.status_code == 200
    assert all("appraised_baht" not in one["properties"] for one in parcels_in(asked.content))
    style = client.get("/tiles/parcel/style.json?theme=value", headers=tax_headers(client)).json()
    assert style["metadata"]["atlas:bands"].endswith("/map/bands?layer=parcel&theme=value&bbox={bbox}")
