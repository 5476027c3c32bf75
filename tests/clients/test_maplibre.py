"""MapLibre GL JS on a page of another origin: our style, our tiles, our features, with a token and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from tests.clients.conftest import ASSETS, Town, name_of
from tests.clients.elsewhere import Visit, visited

PARCELS = [100.4720, 7.0130, 100.4920, 7.0190]
ALL_ASSETS = [100.4490, 6.9990, 100.4610, 7.0020]
WHEN_DRAWN = "async ([style, bounds, atlas, token]) => { await drawn({style, bounds, atlas, token}); }"


@pytest.fixture
def visit(drawing: Browser, elsewhere: str) -> Iterator[Visit]:
    """The page with the library."""
    with visited(drawing, f"{elsewhere}/maplibre.html") as found:
        yield found


def drawn(visit: Visit, town: Town, style: Any, bounds: list[float], *, token: str | None = None) -> None:
    """A map of this style, once everything in it is drawn."""
    visit.page.evaluate(WHEN_DRAWN, [style, bounds, town.address, token])


def shown(visit: Visit, *layers: str) -> dict[int, dict[str, Any]]:
    """What is drawn in these layers of the style, once each, by id."""
    return {one["id"]: one for one in visit.page.evaluate("names => shown(names)", list(layers))}


def style_of(source: dict[str, Any], kind: str, paint: dict[str, Any], layer: str | None = None) -> dict[str, Any]:
    """A style of one's own with one source and one layer."""
    own = {"id": "own", "type": kind, "source": "own", "paint": paint} | ({"source-layer": layer} if layer else {})
    return {"version": 8, "sources": {"own": source}, "layers": [own]}


def expected(town: Town) -> dict[int, dict[str, Any]]:
    """The parcels as the collection has them, by id."""
    found = requests.get(f"{town.address}/collections/parcel/items?limit=1000", timeout=30).json()["features"]
    assert [one["id"] for one in found] == town.parcels
    return {one["id"]: one["properties"] for one in found}


def check_parcels(visit: Visit, town: Town, layer: str) -> None:
    """Every parcel is drawn, by its id, saying what the collection says."""
    found, known = shown(visit, layer), expected(town)
    assert found.keys() == known.keys()
    for fid, one in found.items():
        assert one["properties"]["parcel_code"] == known[fid]["parcel_code"]
        assert one["properties"]["land_use"] == known[fid]["land_use"]
        assert one["geometry"]["type"] in ("Polygon", "MultiPolygon")


def test_our_style_draws_every_parcel(town: Town, visit: Visit) -> None:
    drawn(visit, town, f"{town.address}/tiles/parcel/style.json", PARCELS)
    check_parcels(visit, town, "parcel-fill")


def test_a_tilejson_is_a_source_of_a_style_of_ones_own(town: Town, visit: Visit) -> None:
    source = {"type": "vector", "url": f"{town.address}/tiles/parcel.json"}
    drawn(visit, town, style_of(source, "fill", {"fill-color": "#a33"}, "parcel"), PARCELS)
    check_parcels(visit, town, "own")


def test_the_template_of_an_ogc_tileset_is_a_source_too(town: Town, visit: Visit) -> None:
    about = requests.get(f"{town.address}/collections/parcel/tiles/WebMercatorQuad", timeout=30).json()
    links = [link for link in about["links"] if link["rel"] == "item" and "mapbox-vector-tile" in link["type"]]
    template = links[0]["href"]
    for theirs, own in (("{tileMatrix}", "{z}"), ("{tileRow}", "{y}"), ("{tileCol}", "{x}")):
        assert theirs in template
        template = template.replace(theirs, own)
    drawn(visit, town, style_of({"type": "vector", "tiles": [template], "maxzoom": 20}, "fill", {}, "parcel"), PARCELS)
    check_parcels(visit, town, "own")


def test_a_collection_is_a_geojson_source_with_thai_names(town: Town, visit: Visit) -> None:
    source = {"type": "geojson", "data": f"{town.address}/collections/asset/items?limit=1000"}
    drawn(visit, town, style_of(source, "circle", {"circle-radius": 2}), ALL_ASSETS)
    found = shown(visit, "own")
    assert len(found) == ASSETS
    assert [found[fid]["properties"]["name_th"] for fid in town.assets] == list(map(name_of, range(ASSETS)))
    assert found[town.assets[51]]["geometry"]["coordinates"] == pytest.approx([100.4502, 7.0002], abs=1e-5)


def test_a_token_brings_what_staff_see_and_only_a_token(town: Town, visit: Visit) -> None:
    assets = {"type": "geojson", "data": f"{town.address}/collections/asset/items?limit=1000"}
    style = style_of(assets, "circle", {"circle-radius": 2})
    drawn(visit, town, style, ALL_ASSETS)
    assert "contact" not in shown(visit, "own")[town.assets[0]]["properties"]
    drawn(visit, town, style, ALL_ASSETS, token=town.token)
    assert shown(visit, "own")[town.assets[0]]["properties"]["contact"] == "secret-asset-contact"


def test_a_token_brings_tiles_for_staff(town: Town, visit: Visit) -> None:
    homes = {"type": "vector", "url": f"{town.address}/tiles/household.json"}
    paint: dict[str, Any] = {"fill-color": "#246"}
    drawn(visit, town, style_of(homes, "fill", paint, "household"), PARCELS)
    public = visit.page.evaluate("shown(['own'])")
    assert {one["properties"]["count"] for one in public} == {30}
    assert not any("residents" in one["properties"] for one in public)
    drawn(visit, town, style_of(homes, "circle", {}, "household"), PARCELS, token=town.token)
    staff = shown(visit, "own")
    assert len(staff) == 30
    assert all("residents" in one["properties"] for one in staff.values())


CHANGE = """async ([where, token, name]) => {
  const headers = {Authorization: `Bearer ${token}`};
  const read = await fetch(where, {headers});
  const answer = await fetch(where, {
    method: "PATCH",
    headers: {...headers, "Content-Type": "application/merge-patch+json", "If-Match": read.headers.get("ETag")},
    body: JSON.stringify({name_th: name}),
  });
  return [answer.status, read.headers.get("ETag"), answer.headers.get("ETag")];
}"""
CHANGED_TWICE = """async ([where, token]) => {
  const headers = {Authorization: `Bearer ${token}`}, read = await fetch(where, {headers});
  const kind = {"Content-Type": "application/merge-patch+json", "If-Match": read.headers.get("ETag")};
  const told = [];
  for (const name_th of ["หนึ่ง", "สอง"]) {
    const body = JSON.stringify({name_th});
    const answer = await fetch(where, {method: "PATCH", headers: {...headers, ...kind}, body});
    told.push([answer.status, answer.headers.get("Content-Type")]);
  }
  return told;
}"""
NAMED = """async ([data, id, name]) => {
  const until = performance.now() + 10000;
  map.getSource("own").setData(data);
  const names = () => map.queryRenderedFeatures({layers: ["own"]})
    .filter(one => one.id === id).map(one => one.properties.name_th);
  while (names()[0] !== name && performance.now() < until)
    await new Promise(soon => setTimeout(soon, 50));
  return [...new Set(names())];
}"""


def test_what_a_page_changes_with_a_token_is_on_its_map_at_once(town_to_change: Town, visit: Visit) -> None:
    town, fid, name = town_to_change, town_to_change.assets[100], "ศาลาเอนกประสงค์ หมู่ ๕ “ใหม่”"
    data = f"{town.address}/collections/asset/items?limit=1000"
    drawn(visit, town, style_of({"type": "geojson", "data": data}, "circle", {"circle-radius": 2}), ALL_ASSETS)
    assert shown(visit, "own")[fid]["properties"]["name_th"] == name_of(100)
    where = f"{town.address}/collections/asset/items/{fid}"
    status, before, after = visit.page.evaluate(CHANGE, [where, town.token, name])
    assert status == 200
    assert before
    assert after not in (None, before)
    # The same address as before: neither the browser's own store nor ours may answer with what was.
    assert visit.page.evaluate(NAMED, [data, fid, name]) == [name]
    assert len(shown(visit, "own")) == ASSETS
    again = requests.get(f"{town.address}/collections/asset/items/{fid}", timeout=30).json()
    assert again["properties"]["name_th"] == name


def test_a_page_that_read_before_somebody_else_wrote_is_told_so(town_to_change: Town, visit: Visit) -> None:
    town, where = town_to_change, f"{town_to_change.address}/collections/asset/items/{town_to_change.assets[101]}"
    told = visit.page.evaluate(CHANGED_TWICE, [where, town.token])
    assert [status for status, _ in told] == [200, 412]
    assert told[1][1] == "application/problem+json"
    # That is said in the console too, by the browser itself, and is no complaint of ours.
    assert len(visit.complaints) == 1
    assert "412" in visit.complaints.pop()
