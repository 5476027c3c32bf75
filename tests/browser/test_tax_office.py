"""A tax-map officer's day in Chromium: this year's file sent, read, looked at on the map, decided, and taken back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.intake.load import LoadOptions, load_file
from geo.store.db import writing_engine
from layers import LAYERS
from tests.browser.looking import until
from tests.browser.test_everybody import AXE, COLOURS, LOOK
from tests.conftest import running
from tests.makers import make_rows
from tests.people.made import make_person, password_of
from tests.taxmap.conftest import AT, TOWN, Lot, cell, other, town, without
from tests.taxmap.sent import make_town, zipped

WIDE, MANY = 20, 240
SIZES = ((360, 740), (1440, 900))
LIGHTS = (("th", "light"), ("en", "dark"))


@dataclass(frozen=True, kw_only=True)
class Office:
    """Where the server is, what is behind it, and this year's file."""

    address: str
    engine: Engine
    file: FilePayload


@pytest.fixture(scope="module")
def office(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A town of 240 lots, a building across what will be split, and a file with what a year brings and two defects."""
    url, folder = new_database(), tmp_path_factory.mktemp("files")
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_town(session)
    zipped(folder, town(MANY, WIDE), name="old")
    load_file(engine, LAYERS["parcel"], folder / "old.shp", LoadOptions(municipality=TOWN), layers=LAYERS,
              by="officer", origin="test", at=AT)  # fmt: skip
    with Session(engine) as session, session.begin():
        parcel = session.execute(text("SELECT id FROM parcel WHERE parcel_code = '01A001'")).scalar_one()
        make_rows(session, "building", parcel_id=parcel, geom=f"SRID=4326;{cell(0.3, 0.3, 0.4, 0.4).wkt}")
    make_person(engine, "wipa", "staff municipality 9098", "tax municipality 9098")
    body = zipped(folder, _year(), name="LTAX_2570")
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        file = FilePayload(name="LTAX_2570.zip", mimeType="application/zip", buffer=body)
        yield Office(address=address, engine=engine, file=file)
    engine.dispose()


def _year() -> list[Lot]:
    lots = other(town(MANY, WIDE), "01A001", shape=cell(0, 0, 0.5))
    lots.append(Lot("01A001/001", cell(0.5, 0, 0.5)))
    lots = without(other(lots, "01A025", shape=cell(4, 1, 2)), "01A026")
    for code in ("01A040", "01A050", "01A060"):
        lots = other(lots, code, owner="ผู้รับโอนสมมติ", use="commercial")
    # A lot drawn over its neighbour's edge, and one that came twice.
    lots = other(lots, "01A130", shape=cell(9, 6, 1.2))
    return [*lots, replace(lots[150], shape=cell(12, 13)), Lot("01A300", cell(3, 13))]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="th-TH", reduced_motion="reduce", accept_downloads=True
    )
    found.add_init_script(path=str(AXE))
    yield found
    found.close()


def _looks_right(page: Page, address: str, name: str, shots: Path) -> None:
    """On a telephone and a desk, in both languages and lights: axe finds nothing, nothing is wider than the screen."""
    where, wrong = page.url, []
    for width, height in SIZES:
        for language, light in LIGHTS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=light)  # type: ignore[arg-type]  # `light` or `dark`
            page.context.add_cookies([{"name": "atlas_language", "value": language, "url": address}])
            page.goto(where)
            page.locator("main").wait_for()
            for one in page.locator("details").all():
                one.evaluate("one => { one.open = true; }")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} {width} {language}: too wide")
            found = page.evaluate(LOOK, None if light == "light" else COLOURS)
            wrong += [f"{name} {width} {language} {light}: {one}" for one in found]
            page.screenshot(path=shots / f"{name}_{width}_{language}_{light}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    page.context.add_cookies([{"name": "atlas_language", "value": "th", "url": address}])
    page.goto(where)
    assert not wrong, "\n".join(wrong)


def _signed_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill("wipa")
    page.locator("input[name=password]").fill(password_of("wipa"))
    page.locator("form[action='/login'] button").click()
    form = page.locator("form[action='/auth/audience']")
    form.locator("select").select_option("tax")
    form.locator("input[name=purpose]").fill("แผนที่ภาษีปี 2570")
    form.locator("button").click()


def test_an_officers_day(office: Office, context: BrowserContext, tmp_path: Path) -> None:
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    _signed_in(page, office.address)
    page.goto(f"{office.address}/tax")
    _looks_right(page, office.address, "tax", tmp_path)
    page.locator("main a[href='/imports']").first.click()
    _looks_right(page, office.address, "imports", tmp_path)
    _sends(page, office, tmp_path)
    _reads_what_was_found(page, office, tmp_path)
    _looks_at_a_split(page, office, tmp_path)
    _decides(page, office, tmp_path)
    _says_which_parcel(page, office, tmp_path)
    _takes_it_back(page, office)
    assert complaints == []


def _sends(page: Page, office: Office, shots: Path) -> None:
    page.set_input_files("input[type=file]", office.file)
    page.locator("input[name=tax_year]").fill("2570")
    page.locator("input[name=whole]").check()
    page.locator("form[action='/editions'] button").click()
    # The page of the file follows its examination by itself.
    page.locator("#changes").wait_for(timeout=60_000)
    expect(page.locator(".kinds .kind-split b")).to_have_text("1")
    _looks_right(page, office.address, "edition", shots)


def _reads_what_was_found(page: Page, office: Office, shots: Path) -> None:
    row = page.locator(".findings tbody tr").filter(has=page.locator("[data-show]")).first
    row.locator("[data-show]").click()
    expect(page.locator("[data-places] [data-said]")).to_contain_text("ตำแหน่งบนแผนที่")
    assert page.locator("[data-places] .leaflet-overlay-pane path").count() >= 1
    edition = page.url
    page.locator(".findings a").first.click()
    _looks_right(page, office.address, "finding", shots)
    page.goto(edition)
    page.locator("#columns summary").click()
    line = page.locator("#columns tbody tr").filter(has_text="mystery")
    line.locator("select").select_option("zone")
    page.locator("#columns form button").click()
    page.locator("#changes").wait_for(timeout=60_000)
    page.locator("#columns summary").click()
    assert page.locator("#columns tbody tr").filter(has_text="mystery").locator("select").input_value() == "zone"
    line.locator("select").select_option("")
    page.locator("#columns form button").click()
    page.locator("#changes").wait_for(timeout=60_000)


def _looks_at_a_split(page: Page, office: Office, shots: Path) -> None:
    page.locator(".kinds .kind-split").click()
    _looks_right(page, office.address, "changes", shots)
    page.locator("[data-look]").first.click()
    expect(page.locator("[data-swipe] [data-said]")).to_contain_text("รายการในภาพ")
    until(page, "document.querySelectorAll('.leaflet-after-pane path').length > 0")
    slider = page.locator("[data-swipe] input[type=range]")
    line = "document.querySelector('[data-line]').getBoundingClientRect().left"
    was = page.evaluate(line)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(line) > was
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * float(slider.input_value()) / 100, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    page.mouse.up()
    assert page.evaluate(line) < was
    page.screenshot(path=shots / "split.png")
    # Left of the line is what was: one lot; right of it what will be.
    assert page.locator(".leaflet-before-pane path").count() == 1


def _decides(page: Page, office: Office, shots: Path) -> None:
    page.goto(page.url.split("?")[0] + "?kind=NEW")
    page.locator("[data-tick]").first.check()
    expect(page.locator("[data-count]")).to_contain_text("1")
    page.locator("button[value=decline]").click()
    expect(page.locator("table.changes")).to_contain_text("ไม่รับ")
    page.locator("main a[href*='#changes']").first.click()
    with page.expect_download() as waited:
        page.locator("a[href$='worklist.xlsx']").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(waited.value.path()).read_bytes()))
    assert "01A001/001" in str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    page.locator("form[action$='/accept'] button").click()
    page.locator("form[action$='/undo'] button").wait_for(timeout=60_000)
    _looks_right(page, office.address, "accepted", shots)
    page.goto(page.url.split("#")[0] + "/changes?kind=SPLIT")
    page.locator("table.changes a[href^='/parcels/']").first.click()
    expect(page.locator("h1")).to_contain_text("01A001")
    page.go_back()


def _says_which_parcel(page: Page, office: Office, shots: Path) -> None:
    edition = page.url.split("/changes")[0]
    page.goto(f"{office.address}/tax")
    page.locator("main a[href='/tax/questions']").click()
    _looks_right(page, office.address, "questions", shots)
    page.locator("select[name=parcel]").select_option(index=1)
    page.locator("form[action^='/tax/questions/'] button").click()
    expect(page.locator("main")).to_contain_text("ไม่มีเรื่องที่ต้องเลือก")
    page.goto(edition)


def _takes_it_back(page: Page, office: Office) -> None:
    def codes() -> set[str]:
        with office.engine.connect() as connection:
            return set(connection.execute(text("SELECT parcel_code FROM parcel")).scalars())

    assert "01A001/001" in codes()
    page.locator("form[action$='/undo'] button").click()
    expect(page.locator("main")).to_contain_text("เอากลับคืน")
    assert codes() == {lot.code for lot in town(MANY, WIDE)}
