"""Leaflet on a page of another origin: features and GeoJSON tiles, with Thai popups."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.clients.conftest import ASSETS, Town, name_of
from tests.clients.elsewhere import Visit, visited

READ = """async url => {
  window.found = await collection(url);
  return found.getLayers().map(one => [one.feature.id, one.feature.properties.name_th, one.getLatLng()]);
}"""
OPENED = """id => {
  found.getLayers().find(one => one.feature.id === id).openPopup();
  return document.querySelector(".leaflet-popup-content").textContent;
}"""
TILES = """async ([template, centre, zoom]) => {
  window.found = await tiles(template, centre, zoom);
  return found.getLayers().map(one =>
    [one.feature.id, one.feature.properties.parcel_code, one.getBounds().toBBoxString()]);
}"""


@pytest.fixture
def visit(drawing: Browser, elsewhere: str) -> Iterator[Visit]:
    """The page with the library."""
    with visited(drawing, f"{elsewhere}/leaflet.html") as found:
        yield found


def test_a_collection_is_on_the_map_with_thai_popups(town: Town, visit: Visit) -> None:
    found = visit.page.evaluate(READ, f"{town.address}/collections/asset/items?limit=1000")
    assert [fid for fid, _, _ in found] == town.assets
    assert [name for _, name, _ in found] == list(map(name_of, range(ASSETS)))
    assert (found[51][2]["lng"], found[51][2]["lat"]) == (100.4502, 7.0002)
    assert visit.page.evaluate(OPENED, town.assets[51]) == name_of(51)
    assert visit.page.locator("path.leaflet-interactive").count() == ASSETS


def test_geojson_tiles_bring_every_parcel_to_its_place(town: Town, visit: Visit) -> None:
    template = f"{town.address}/tiles/parcel/{{z}}/{{x}}/{{y}}.geojson"
    found = visit.page.evaluate(TILES, [template, [7.0161, 100.4819], 15])
    assert {fid for fid, _, _ in found} == set(town.parcels)
    assert all(code for _, code, _ in found)
    # A parcel on the edge of tiles comes in each of them, in parts that together are the parcel.
    for place, fid in enumerate(town.parcels):
        boxes = [tuple(map(float, box.split(","))) for one, _, box in found if one == fid]
        west, south, east, north = (
            one(side) for one, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
        )
        assert (west, south) == pytest.approx((100.4729 + 0.0003 * place, 7.0160), abs=2e-5)
        assert (east, north) == pytest.approx((100.4729 + 0.0003 * place + 0.00024, 7.01624), abs=2e-5)
    assert visit.page.locator("path.leaflet-interactive").count() == len(found)
