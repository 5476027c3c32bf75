"""How smoothly the town map is pushed about in Chromium: frames a second, long tasks, and the weight of the page.

The path is the same at each run: across the town by drags of the mouse, at the zooms at which parcels are drawn one by
one, and then one long even glide. While it is dragged there is a new picture only when the mouse has moved, so of the
drags those frames count in which the page could have drawn; of the glide, which moves in every frame, those that
Chromium's own trace says it presented.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.speed.page import WATCH
from tests.speed.report import Figure
from tests.speed.tools import Bench, said, serving

LEAST_FRAMES = 55
MOST_HTML, MOST_SECONDS = 300_000, 2.0
ZOOMS = (15, 16, 17)
DRAGS = 12
STEP_PIXELS, STEPS = 12, 40
GLIDE_PIXELS, GLIDE_SECONDS = 3000, 4
# Even, so that every frame has something new; done when the map stands still.
GLIDE = f"""() => new Promise(done => {{
  map_atlas.once("moveend", () => requestAnimationFrame(() => done(true)));
  const evenly = {{animate: true, duration: {GLIDE_SECONDS}, easeLinearity: 1}};
  map_atlas.panBy([-{GLIDE_PIXELS}, {GLIDE_PIXELS // 10}], evenly);
}})"""
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
    """What was seen of one zoom: milliseconds between frames, tasks over 50 ms, moves of the mouse and frames a second.

    `glided` are the frames a second that were presented during the even glide, by Chromium's trace.
    """

    zoom: int
    gaps: list[float]
    long_tasks: list[float]
    moves: float
    glided: float

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
            f"z{one.zoom}: {one.mean:.0f} frames/s, p50 {one.median:.0f}, p5 {one.slow:.0f}; "
            f"glide {one.glided:.0f} traced"
        )
    dragged, glided = min(one.mean for one in found), min(one.glided for one in found)
    told = "; ".join(
        f"z{one.zoom} {one.mean:.0f} (p50 {one.median:.0f}, p5 {one.slow:.0f}, the mouse moved {one.moves:.0f} "
        f"times a second, glide {one.glided:.0f}, {len(one.long_tasks)} tasks over 50 ms, the longest "
        f"{max(one.long_tasks, default=0):.0f} ms)"
        for one in found
    )  # fmt: skip
    return [
        Figure(
            what=f"`/map` pushed about over {bench.parcels:,} parcels: frames a second",
            measured=f"{dragged:.0f} dragged, {glided:.0f} gliding (traced), at the worst zoom",
            promised=f"≥ {LEAST_FRAMES}",
            holds=min(dragged, glided) >= LEAST_FRAMES,
            details=(
                f"**Frames**: {DRAGS} drags of {STEPS} steps of {STEP_PIXELS} px with the mouse across the middle of "
                f"the town, then a glide of {GLIDE_PIXELS:,} px in {GLIDE_SECONDS} s, headless, "
                f"software rendering, {SIZE['width']} × {SIZE['height']}, nothing loaded "
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
    began, dragged = page.evaluate("performance.now()"), time.perf_counter()
    for drag in range(DRAGS):
        # East and back, a little further south each time.
        across = 1 if drag % 2 == 0 else -1
        x, y = (200 if across > 0 else 1080), 250
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, STEPS + 1):
            page.mouse.move(x + across * STEP_PIXELS * step, y + 4 * step)
        page.mouse.up()
    moves = DRAGS * STEPS / (time.perf_counter() - dragged)
    ended = page.evaluate("performance.now()")
    frames = [at for at in page.evaluate("window.frames_at") if began <= at <= ended]
    tasks = [took for at, took in page.evaluate("window.long_tasks") if began <= at <= ended]
    page.wait_for_timeout(2000)
    return Panned(zoom=zoom, gaps=[b - a for a, b in pairwise(frames)], long_tasks=tasks, moves=moves,
                  glided=_glided(browser, page))  # fmt: skip


def _glided(browser: Browser, page: Page) -> float:
    """Frames a second that were presented while the map glided, from the first to the last of them."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        browser.start_tracing(page=page, path=file.name, categories=CATEGORIES)
        page.evaluate(GLIDE)
        browser.stop_tracing()
        trace = json.loads(Path(file.name).read_text())
    presented: list[float] = sorted(one["ts"] for one in trace["traceEvents"] if one.get("name") == "DrawFrame")
    # Before it begins and after it ends nothing is drawn for a while: the glide is what lies in its seconds.
    last = presented[-1]
    within = [at for at in presented if at >= last - GLIDE_SECONDS * 1_000_000]
    return (len(within) - 1) / (last - within[0]) * 1_000_000


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())
