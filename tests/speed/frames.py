"""How smoothly the town map is pushed about in Chromium: frames a second, long tasks, and the weight of the page.

The path is the same at each run: across the town by drags of the mouse, at the zoom at which parcels are drawn one by
one. Frames are those that Chromium's own trace says it presented, between the first drag and the last.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.speed.page import WATCH
from tests.speed.report import Figure
from tests.speed.tools import Bench, said, serving

LEAST_FRAMES = 55
MOST_HTML, MOST_SECONDS = 300_000, 2.0
ZOOMS = (15, 16, 17)
DRAGS = 12
STEP_PIXELS, STEPS = 12, 40
SIZE = {"width": 1280, "height": 800}
CATEGORIES = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline.frame", "benchmark"]
# Every frame that the page itself could draw in, and how long each task kept it busy.
COUNT = """
window.frames_at = [];
const note = at => { window.frames_at.push(at); requestAnimationFrame(note); };
requestAnimationFrame(note);
window.long_tasks = [];
new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.long_tasks.push([one.startTime, one.duration]);
}).observe({entryTypes: ["longtask"]});
"""


@dataclass(frozen=True, kw_only=True)
class Panned:
    """What was seen of one zoom: milliseconds between frames, tasks over 50 ms, frames that the trace counts."""

    zoom: int
    gaps: list[float]
    long_tasks: list[float]
    presented: float

    @property
    def median(self) -> float:
        """Frames a second, of the median gap."""
        return 1000 / statistics.median(self.gaps)

    @property
    def slow(self) -> float:
        """Frames a second of the gap that one in twenty is longer than."""
        return 1000 / statistics.quantiles(self.gaps, n=20)[-1]

    @property
    def mean(self) -> float:
        """Frames in a second of panning, whole."""
        return 1000 * len(self.gaps) / sum(self.gaps)


def frame_rows(bench: Bench) -> list[Figure]:
    """The town map, opened once and pushed about at each zoom; and what the page weighs."""
    with serving(bench) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page, first = _opened(browser, f"{address}/map")
        with bench.engine.connect() as connection:
            lon, lat = connection.exec_driver_sql(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Centroid(ST_Extent(geom)) AS p FROM parcel) AS q"
            ).one()
        found = [_panned(browser, page, zoom, lon, lat) for zoom in ZOOMS]
        browser.close()
        html = len(_read(f"{address}/map"))
        script = len(_read(f"{address}/static/atlas.js")) + len(_read(f"{address}/static/leaflet.js"))
    for one in found:
        said(
            f"z{one.zoom}: {one.mean:.0f} frames/s, p50 {one.median:.0f}, p5 {one.slow:.0f}, traced {one.presented:.0f}"
        )
    worst = min(found, key=lambda one: one.mean)
    told = "; ".join(
        f"z{one.zoom} {one.mean:.0f} (p50 {one.median:.0f}, p5 {one.slow:.0f}, traced {one.presented:.0f}, "
        f"{len(one.long_tasks)} tasks over 50 ms, the longest {max(one.long_tasks, default=0):.0f} ms)"
        for one in found
    )  # fmt: skip
    return [
        Figure(
            what=f"`/map` pushed about over {bench.parcels:,} parcels: frames a second",
            measured=f"{worst.mean:.0f} at the worst zoom",
            promised=f"≥ {LEAST_FRAMES}",
            holds=worst.mean >= LEAST_FRAMES,
            details=(
                f"**Frames**: {DRAGS} drags of {STEPS} steps of {STEP_PIXELS} px with the mouse across the middle of "
                f"the town, headless, software rendering, {SIZE['width']} × {SIZE['height']}, nothing loaded "
                f"beforehand; per zoom: {told}.",
            ),
        ),
        Figure(
            what="`/map`: first tiles, HTML, scripts",
            measured=f"{first:.2f} s, {html:,} bytes, {script:,} bytes",
            promised=f"< {MOST_SECONDS:g} s, < {MOST_HTML:,} bytes",
            holds=first < MOST_SECONDS and html < MOST_HTML,
        ),
    ]


def _opened(browser: Browser, url: str) -> tuple[Page, float]:
    page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]  # a size is a dict of two numbers
    page.add_init_script(WATCH + COUNT)
    page.goto(url, wait_until="commit")
    seen: dict[str, float] = {}
    for _ in range(600):
        page.wait_for_timeout(100)
        seen = page.evaluate("window.seen") or {}
        if seen.get("all"):
            return page, seen["first"] / 1000
    raise SystemExit(f"the map at {url} did not draw its tiles in a minute: {seen}")


def _panned(browser: Browser, page: Page, zoom: int, lon: float, lat: float) -> Panned:
    page.evaluate(f"map_atlas.setView([{lat}, {lon}], {zoom}, {{animate: false}})")
    page.wait_for_timeout(3000)
    trace = Path(tempfile.mkstemp(suffix=".json")[1])
    browser.start_tracing(page=page, path=trace, categories=CATEGORIES)
    began = page.evaluate("performance.now()")
    for drag in range(DRAGS):
        # East and back, a little further south each time.
        across = 1 if drag % 2 == 0 else -1
        x, y = (200 if across > 0 else 1080), 250
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, STEPS + 1):
            page.mouse.move(x + across * STEP_PIXELS * step, y + 4 * step)
        page.mouse.up()
    ended = page.evaluate("performance.now()")
    browser.stop_tracing()
    frames = [at for at in page.evaluate("window.frames_at") if began <= at <= ended]
    tasks = [took for at, took in page.evaluate("window.long_tasks") if began <= at <= ended]
    presented = _presented(json.loads(trace.read_text())) / (ended - began) * 1000
    trace.unlink()
    return Panned(zoom=zoom, gaps=[b - a for a, b in pairwise(frames)], long_tasks=tasks, presented=presented)


def _presented(trace: dict[str, Any]) -> int:
    """How many frames the compositor drew, by its own trace."""
    return sum(1 for one in trace["traceEvents"] if one.get("name") == "DrawFrame")


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())
