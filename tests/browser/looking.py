"""What a person would do at the map, in words: wait, go somewhere, click a place, see a colour."""

import zlib

from playwright.sync_api import Page

# Where nothing is drawn the page's own ground shows (api/web/src/atlas.css).
GROUND = (238, 241, 238)
PLACE = """([lon, lat]) => {
  const at = map_atlas.latLngToContainerPoint([lat, lon]);
  const box = map_atlas.getContainer().getBoundingClientRect();
  return [at.x + box.left, at.y + box.top];
}"""


def settled(page: Page) -> None:
    """Wait until every tile that was asked for has come and been drawn."""
    page.wait_for_selector(".atlas-status[hidden]", state="attached")
    # Leaflet fades a new tile in; after that the picture stands still.
    until(page, "![...document.querySelectorAll('.leaflet-tile')].some(one => one.style.opacity < 1)")
    until(page, "true")


def until(page: Page, condition: str) -> None:
    """Wait for a condition of the page; Playwright's own way needs `eval`, which our policy forbids."""
    looking = f"const look = () => ({condition}) ? requestAnimationFrame(done) : requestAnimationFrame(look)"
    page.evaluate(f"() => new Promise(done => {{ {looking}; requestAnimationFrame(look); }})")


def opened(page: Page, address: str) -> None:
    """Open a map page and wait for its tiles."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    settled(page)


def gone_to(page: Page, lon: float, lat: float, zoom: int) -> None:
    """Move the map and wait for its tiles."""
    page.evaluate(f"map_atlas.setView([{lat}, {lon}], {zoom}, {{animate: false}})")
    settled(page)


def clicked(page: Page, lon: float, lat: float) -> None:
    """Click a place of the earth."""
    x, y = page.evaluate(PLACE, [lon, lat])
    page.mouse.click(x, y)


def colour(page: Page, lon: float, lat: float) -> tuple[int, ...]:
    """Red, green and blue at a place of the earth, as a person sees it."""
    x, y = page.evaluate(PLACE, [lon, lat])
    picture = page.screenshot(clip={"x": round(x), "y": round(y), "width": 1, "height": 1})
    # A picture of one pixel: whatever the row's filter, the bytes after its number are the pixel's own.
    return tuple(zlib.decompress(_chunks(picture, b"IDAT"))[1:4])


def _chunks(picture: bytes, wanted: bytes) -> bytes:
    found, at = b"", 8
    while at < len(picture):
        size, name = int.from_bytes(picture[at : at + 4]), picture[at + 4 : at + 8]
        found += picture[at + 8 : at + 8 + size] if name == wanted else b""
        at += 12 + size
    return found
