"""How long it takes to mark something: an engineer's touches from "Mark" until it is kept, and whose time that is."""

from __future__ import annotations

import statistics
import time
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from tests.people.made import make_person, password_of
from tests.speed.report import Figure
from tests.speed.tools import Bench, said, serving

MARKS = 30
WHO = "bench-engineer"
# Of all requests since the sheet was opened, those on whose answers the engineer waits.
SERVER_TIME = """since => performance.getEntriesByType("resource")
  .filter(one => one.startTime >= since && /\\/marks\\/risk_point$/.test(one.name))
  .reduce((sum, one) => sum + one.responseEnd - one.requestStart, 0)"""

PLACE = """
SELECT municipality, ST_X(ST_Centroid(geom)) AS lon, ST_Y(ST_Centroid(geom)) AS lat FROM parcel LIMIT 1
"""


def marking_rows(bench: Bench) -> list[Figure]:
    """Thirty marks by script, each a point, a kind, a cell of the matrix and "Report it"."""
    place = _prepared(bench)
    taken: list[tuple[float, float]] = []
    with serving(bench) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = _at_the_map(browser, address, place)
        for number in range(MARKS + 1):
            one = _marked(page, number)
            # The first one fetches the form too; what comes after it is what an engineer does all day.
            if number:
                taken.append(one)
        browser.close()
    whole, server = ([pair[which] for pair in taken] for which in (0, 1))
    said(f"{MARKS} marks, median {statistics.median(whole):.0f} ms of which the server {statistics.median(server):.0f}")
    ratio = statistics.median(whole) / statistics.median(server)
    late = statistics.quantiles(whole, n=20)[-1]
    return [
        Figure(
            what="A risk marked by script, from “Mark” to kept, by the server's own time for it",
            measured=f"{ratio:.1f} × (median {statistics.median(whole):.0f} ms, 95th {late:.0f} ms; "
            f"server {statistics.median(server):.0f} ms, 95th {statistics.quantiles(server, n=20)[-1]:.0f} ms)",
            details=(
                f"**Marking**: {MARKS} points marked one after the other by a script in headless Chromium at 360 px: "
                "press “Mark”, tap the map, choose the kind, touch a cell of the 5×5 matrix, press “Report it”, until "
                "“Saved” is on the screen. The server's part is from the request that keeps the mark to its answer; "
                "the rest is the page and the script that presses. A person's own time is not in it.",
            ),
        )
    ]


def _prepared(bench: Bench) -> tuple[float, float]:
    """An engineer of the town, and a place in the midst of its parcels."""
    with bench.engine.begin() as connection:
        found = connection.execute(text(PLACE)).one()
        known = connection.scalar(text("SELECT count(*) FROM person WHERE login = :login"), {"login": WHO})
    if not known:
        make_person(bench.engine, WHO, f"staff municipality {found.municipality}")
    return found.lon, found.lat


def _at_the_map(browser: Browser, address: str, place: tuple[float, float]) -> Page:
    page = browser.new_context(viewport={"width": 360, "height": 740}, locale="th-TH").new_page()
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill(WHO)
    page.locator("input[name=password]").fill(password_of(WHO))
    page.locator("main form button").first.click()
    page.goto(f"{address}/map")
    page.locator(".mark-start").wait_for()
    page.evaluate(f"map_atlas.setView([{place[1]}, {place[0]}], 18, {{animate: false}})")
    page.wait_for_timeout(2000)
    return page


def _marked(page: Page, number: int) -> tuple[float, float]:
    """Milliseconds until it is kept, and the server's part of them."""
    since: Any = page.evaluate("performance.now()")
    began = time.perf_counter()
    page.locator(".mark-start").click()
    page.locator(".mark-sheet").wait_for()
    box = page.locator("#map_atlas").bounding_box()
    if box is None:
        raise SystemExit("the map is not on the page")
    page.mouse.click(box["x"] + 100 + number, box["y"] + 100 + number)
    page.locator("#mark-field-kind").select_option("FLD-SURF")
    page.locator("input[name=mark-matrix][value='3x4']").check(force=True)
    page.locator(".mark-foot .mark-main").click()
    page.locator(".mark-saved").wait_for()
    whole = (time.perf_counter() - began) * 1000
    server: float = page.evaluate(SERVER_TIME, since)
    page.locator(".mark-saved button").last.click()
    return whole, server
