"""The town's map page: how heavy it is, and when the first tiles are on the screen."""

from __future__ import annotations

import statistics
import time
import urllib.request

from playwright.sync_api import Browser, sync_playwright

from tests.speed.report import Figure
from tests.speed.tools import Bench, said, serving

VISITS = 7
MOST_BYTES = 150_000
MOST_SECONDS = 2.0
MOST_OF_ANY = 300_000
PAGES = (
    "/", "/map", "/collections", "/collections/parcel", "/collections/parcel/items?limit=1000",
    "/collections/risk_point/items?limit=1000", "/report", "/field", "/processing", "/tiles",
)  # fmt: skip
# Looked at before every frame: the first tile with something drawn on it, and the moment when none is missing.
WATCH = """
window.seen = {first: 0, all: 0};
const drawn = tile => {
  const canvas = tile.matches("canvas") ? tile : tile.querySelector("canvas");
  if (!canvas || !canvas.width) return false;
  const small = new OffscreenCanvas(16, 16).getContext("2d");
  small.drawImage(canvas, 0, 0, 16, 16);
  return small.getImageData(0, 0, 16, 16).data.some(value => value > 0);
};
const look = () => {
  const tiles = [...document.querySelectorAll(".leaflet-tile")];
  const loaded = tiles.filter(tile => tile.matches(".leaflet-tile-loaded"));
  if (!window.seen.first && loaded.some(drawn)) window.seen.first = performance.now();
  if (tiles.length && loaded.length === tiles.length) {
    if (window.seen.first && !window.seen.all) window.seen.all = performance.now();
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def page_rows(bench: Bench) -> list[Figure]:
    """The page's bytes, and visits with a fresh browser profile; the first visit finds nothing cached at the server."""
    visits: list[tuple[float, float]] = []
    with serving(bench) as address:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for number in range(1, VISITS + 1):
                visits.append(_visited(browser, f"{address}/map"))
                said(f"map, visit {number} of {VISITS}: first tile after {visits[-1][0] * 1000:.0f} ms")
            browser.close()
        size = _weight(f"{address}/map")
        weights = {path: _weight(address + path) for path in _pages(bench)}
    heaviest = sorted(weights.items(), key=lambda one: -one[1])
    cold, warm = visits[0][0], statistics.median(first for first, _ in visits[1:])
    return [
        Figure(
            what=f"HTML of `/map` of a town with {bench.parcels:,} parcels",
            measured=f"{size:,} bytes",
            promised="< 150,000 bytes",
            holds=size < MOST_BYTES,
        ),
        Figure(
            what="`/map` in Chromium: first tiles on the screen",
            measured=f"{cold:.2f} s (nothing cached), {warm:.2f} s (later visits)",
            promised="< 2 s",
            holds=cold < MOST_SECONDS,
            details=(
                "**Page**: from the start of navigation to the first frame in which a tile has something drawn on it; "
                f"{VISITS} visits, each with an empty browser profile, headless, software rendering; the first one to "
                f"a server just started. Every tile of the view was there after {visits[0][1]:.2f} s (first visit) and "
                f"{statistics.median(whole for _, whole in visits[1:]):.2f} s (later visits).",
            ),
        ),
        Figure(
            what=f"HTML of {len(weights)} pages as everybody gets them: the heaviest",
            measured=f"{max(weights.values()):,} bytes",
            promised=f"< {MOST_OF_ANY:,} bytes",
            holds=max(weights.values()) < MOST_OF_ANY,
            details=(f"**Weights**, unpacked: {', '.join(f'`{path}` {weight:,}' for path, weight in heaviest)}.",),
        ),
    ]


def _pages(bench: Bench) -> list[str]:
    """Pages that tell of a whole town, of its communities, and lists as long as they get."""
    with bench.engine.connect() as connection:
        ids = connection.exec_driver_sql(
            "SELECT id FROM community ORDER BY registered_people DESC NULLS LAST, id LIMIT 6"
        )
        six = [str(fid) for fid in ids.scalars()]
        towns = connection.exec_driver_sql("SELECT code FROM municipality ORDER BY id LIMIT 1").scalars().all()
    return [
        *PAGES, *(f"/towns/{town}" for town in towns), *(f"/communities/{fid}" for fid in six),
        *([f"/communities/compare?ids={','.join(six)}"] if len(six) > 1 else []),
    ]  # fmt: skip


def _weight(url: str) -> int:
    asked = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return len(answer.read())


def _visited(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds to the first drawn tile and to the last tile of the view."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    # Asked from outside, because the page's policy rightly refuses the `eval` of Playwright's own waiting.
    until = time.monotonic() + 60
    seen: dict[str, float] = {}
    while not seen.get("all") and time.monotonic() < until:
        page.wait_for_timeout(100)
        seen = page.evaluate("window.seen") or {}
    context.close()
    if not seen.get("all"):
        raise SystemExit(f"the map at {url} did not draw its tiles in a minute: {seen}")
    return seen["first"] / 1000, seen["all"] / 1000
