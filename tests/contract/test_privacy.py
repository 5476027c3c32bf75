"""The leak test: every hidden column holds a recognisable secret, and no public door shows it or the column's name.

Routes are taken from the app itself: one that this crawler does not know how to visit fails the test.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.routing import Route

from api.settings import Settings
from geo.layer import Audience
from geo.shapes.grids import WEB_MERCATOR, WORLD_CRS84, Tile, span_over
from geo.store import photos
from geo.store.write import Act, close
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, rewrite
from tests.people.made import make_person
from tests.people.visiting import bearer, token_for
from tests.planted import (
    ELSEWHERE,
    HIDDEN_OF_A_TOWN,
    SINCE,
    STOOD_AT,
    TOWN_LAYER,
    keep_planted,
    plant,
    plant_elsewhere,
    planted_picture,
    readable,
    secrets,
)  # fmt: skip

# How each route with parameters is visited; `{id}` stands for a layer, `{fid}` for one of its features.
VISITS = {
    "/collections/{collection}": ["/collections/{id}"],
    "/collections/{collection}/schema": ["/collections/{id}/schema", "/collections/{id}/schema?profile=codelist-ref"],
    "/collections/{collection}/queryables": ["/collections/{id}/queryables"],
    "/collections/{collection}/sortables": ["/collections/{id}/sortables"],
    "/collections/{collection}/items": [
        "/collections/{id}/items",
        "/collections/{id}/items?limit=1",
        "/collections/{id}/items?bbox=100.4,6.9,100.6,7.1",
        "/collections/{id}/items?datetime=2026-03-01T00:00:00Z",
        "/collections/{id}/items?datetime=2026-03-01T00:00:00Z&bbox=100.4,6.9,100.6,7.1&f=html",
    ],
    "/collections/{collection}/items/{fid}": [
        "/collections/{id}/items/{fid}",
        "/collections/{id}/items/{fid}?datetime=2026-03-01T00:00:00Z",
        "/collections/{id}/items/999999",
    ],
    "/collections/{collection}/items/{fid}/versions": [
        "/collections/{id}/items/{fid}/versions",
        "/collections/{id}/items/{fid}/versions?f=html",
        "/collections/{id}/items/999999/versions",
    ],
    "/collections/{collection}/items/{fid}/photos": [
        "/collections/{id}/items/{fid}/photos",
        "/collections/{id}/items/{fid}/photos?f=html",
        "/collections/{id}/items/999999/photos",
    ],
    "/photos/{sha256}.jpg": ["photo"],
    "/photos/{sha256}-320.jpg": ["photo"],
    "/tiles/{ids}.json": ["/tiles/{id}.json"],
    "/tiles/{ids}/legend": [
        "/tiles/{id}/legend",
        "/tiles/{id}/legend?f=fragment",
        "/tiles/{id}/legend?theme=value",
        "/tiles/{id}/legend?f=html&theme=tax_year",
    ],
    "/tiles/{ids}/style.json": [
        "/tiles/{id}/style.json",
        "/tiles/{id}/style.json?theme=value",
        "/tiles/{id}/style.json?theme=occupancy",
    ],
    "/tileMatrixSets/{tileMatrixSetId}": ["/tileMatrixSets/WebMercatorQuad"],
    "/tiles": ["/tiles", "/tiles?collections={id}"],
    "/tiles/{tileMatrixSetId}": ["/tiles/WorldCRS84Quad", "/tiles/WebMercatorQuad?collections={id}"],
    "/collections/{collection}/tiles": ["/collections/{id}/tiles"],
    "/collections/{collection}/tiles/{tileMatrixSetId}": [
        "/collections/{id}/tiles/WebMercatorQuad",
        "/collections/{id}/tiles/WorldCRS84Quad",
    ],
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": ["ogc tile of all"],
    "/collections/{collection}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": ["ogc tile"],
    "/tiles/{ids}/{z}/{x}/{y}.{written}": ["tile"],
    "/maps": ["/maps?layers={id}", "/maps?layers={id}&bbox=100.4,6.9,100.6,7.1"],
    "/communities/{fid}": [
        "/communities/{community}",
        "/communities/{community}?f=csv",
        "/communities/{community}?f=json",
    ],
    "/communities/compare": [
        "/communities/compare",
        "/communities/compare?ids={community}",
        "/communities/compare?ids={community},{neighbour}",
        "/communities/compare?ids={community},{neighbour}&f=csv",
        "/communities/compare?ids={community},{neighbour}&f=json",
    ],
    "/towns/{code}": [
        "/towns/9098",
        "/towns/9098?f=csv",
        "/towns/9098?f=json",
        "/towns/9098?f=svg",
        "/towns/9098?by=surveyed",
        "/towns/9098?by=tenure-1",
        "/towns/9098?by=risk-zone&sort=name",
        "/towns/9099",
        "/towns/9099?by=asset&f=json",
    ],
    "/shared-areas": ["/shared-areas"],
    "/shared-areas/{fid}": [
        "/shared-areas/{shared_area}",
        "/shared-areas/{shared_area}?f=csv",
        "/shared-areas/{shared_area}?f=json",
    ],
    "/parcels/{fid}": ["/parcels/{parcel}", "/parcels/999999"],
    "/parcels/{fid}/tax": ["/parcels/{parcel}/tax", "/parcels/{parcel}/tax?year=2567"],
    "/tax/settings/tables/{name}": [
        "/tax/settings/tables/rates.csv",
        "/tax/settings/tables/prices.csv?municipality=9098",
    ],
    "/tax/simulation": [
        "/tax/simulation",
        "/tax/simulation?municipality=9098",
        "/tax/simulation?municipality=9098&f=json",
        "/tax/simulation?municipality=9098&year=2567&f=csv",
        "/tax/simulation?municipality=9098&use=residential&to=other_use",
    ],
    "/communities/{fid}/map": ["/communities/{community}/map"],
    "/communities/search": ["/communities/search?q=secret", "/communities/search?q=ชุมชน"],
    "/marks/{collection}/{fid}": [
        "/marks/{id}/{fid}",
        "/marks/{id}/{fid}?f=html",
        "/marks/{id}/999999",
    ],
    "/queue": ["/queue", "/queue?f=html", "/queue?kind=ROAD"],
    "/feed.atom": ["/feed.atom", "/feed.atom?municipality=9098", "/feed.atom?layer={id}"],
    "/follows/confirm/{code}": ["/follows/confirm/unknown", "/follows/confirm/1-x"],
    "/follows/stop/{code}": ["/follows/stop/unknown", "/follows/stop/1-x"],
    "/search": [
        "/search",
        "/search?q=secret",
        "/search?q=secret-household",
        "/search?q=ชุมชน",
        "/search?q=1",
        "/search?q=7.0,100.4",
    ],
    "/map/ages": ["/map/ages?layers={id}"],
    "/map/days": ["/map/days?layers={id}"],
    "/map/bands": ["/map/bands?layer={id}&theme=value&bbox=100.4,6.9,100.6,7.1"],
    "/map/classes": [
        "/map/classes?layer={id}&property=area_square_metres",
        "/map/classes?layer={id}&property=score",
    ],
    "/imports": ["/imports", "/imports?f=html"],
    "/editions/{number}": ["/editions/1", "/editions/2?f=html"],
    "/editions/{number}/changes": [
        "/editions/1/changes",
        "/editions/1/changes?f=geojson",
        "/editions/2/changes?kind=TRANSFER&f=html",
    ],
    "/editions/{number}/findings/{place}": ["/editions/1/findings/1", "/editions/1/findings/1?f=geojson"],
    "/editions/{number}/worklist.xlsx": ["/editions/1/worklist.xlsx", "/editions/1/worklist.xlsx?owners=true"],
    "/editions/{number}/corrected.gpkg": ["/editions/1/corrected.gpkg"],
    "/jobs/{number}": ["/jobs/1", "/jobs/2"],
    "/tax/questions": ["/tax/questions", "/tax/questions?f=html"],
    "/imports/{batch}": ["/imports/1"],
    "/login": ["/login", "/login?next=/map"],
    "/invitations/{code}": ["/invitations/unknown"],
    "/people/{number}": ["/people/1"],
    "/layers/{layer_id}": ["/layers/{id}", "/layers/{id}?f=html"],
    "/layers/new/{upload}": ["/layers/new/unknown"],
    "/report": ["/report", "/report?receipt=K7M49TX2PQ"],
    "/report/{receipt}": ["/report/K7M4-9TX2-PQ", "/report/1"],
    "/requests/{number}": ["/requests/1", "/requests/2", "/requests/2?f=html"],
    "/incidents/{number}": ["/incidents/1", "/incidents/2", "/incidents/2?f=html"],
    "/collections/{collection}/items/{fid}/dossier": [
        "/collections/{id}/items/{fid}/dossier",
        "/collections/{id}/items/{fid}/dossier?f=html",
        "/collections/{id}/items/999999/dossier",
    ],
}
LATER = SINCE + dt.timedelta(days=30)
# Keys of our own documents that are also names of a hidden column somewhere.
KEYS_OF_OUR_OWN = {"status", "kind", "use", "note", "description", "words"}


@pytest.fixture
def full(engine: Engine) -> dict[str, list[int]]:
    """Eight rows of everything; the versions before these held secrets of their own."""
    return plant(engine)


@pytest.fixture
def elsewhere(engine: Engine) -> dict[str, list[int]]:
    """The same in another town, with secrets of its own."""
    return plant_elsewhere(engine)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    keep_planted(tmp_path)
    return app_of(Settings(home=tmp_path, demo=True), database_url)


def hidden_names() -> set[str]:
    """Names that stand for a hidden column somewhere and for nothing public anywhere."""
    public = {name for layer in LAYERS.values() for name in layer.fields_for(Audience.PUBLIC)}
    every = {name for layer in LAYERS.values() for name in layer.fields}
    return (every - public - KEYS_OF_OUR_OWN) | set(HIDDEN_OF_A_TOWN)


def addresses(app: FastAPI, full: dict[str, list[int]]) -> Iterator[str]:
    for path in sorted({route.path for route in every_route(app) if "GET" in (route.methods or ())}):
        patterns = VISITS.get(path, [path] if "{" not in path else None)
        assert patterns is not None, f"the leak test does not know how to visit {path}"
        for pattern in patterns:
            if pattern in TILES:
                yield from TILES[pattern]()
                continue
            for name, ids in full.items():
                yield (pattern.replace("{id}", name).replace("{fid}", str(ids[0]))
                       .replace("{community}", str(full["community"][0]))
                       .replace("{neighbour}", str(full["community"][1]))
                       .replace("{parcel}", str(full["parcel"][0]))
                       .replace("{shared_area}", str(full["shared_area"][0])))  # fmt: skip


def every_route(app: FastAPI) -> list[Route]:
    routers = [route.original_router for route in app.routes if hasattr(route, "original_router")]
    return [route for routes in (app.routes, *(router.routes for router in routers)) for route in routes
            if isinstance(route, Route)]  # fmt: skip


def ogc_tiles(names: tuple[str, ...] = tuple(LAYERS)) -> Iterator[str]:
    for grid, z, asked in (
        (WEB_MERCATOR, 9, ""), (WEB_MERCATOR, 15, "?datetime=2026-03-01T00:00:00Z"), (WORLD_CRS84, 11, ""),
        (WORLD_CRS84, 15, ""), (WORLD_CRS84, 15, "?f=geojson"),
    ):  # fmt: skip
        span = span_over(grid, z, *HAT_YAI, *HAT_YAI)
        place = f"tiles/{grid.id}/{z}/{span.rows[0]}/{span.columns[0]}{asked}"
        for of in [f"/collections/{name}/" for name in names] or ["/"]:
            yield f"{of}{place}"


def tiles() -> Iterator[str]:
    import math

    for z in (0, 5, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22):
        x = int((HAT_YAI[0] + 180) / 360 * 2**z)
        y = int((1 - math.asinh(math.tan(math.radians(HAT_YAI[1]))) / math.pi) / 2 * 2**z)
        assert Tile(z, x, y).exists
        for name in (*LAYERS, TOWN_LAYER, ELSEWHERE):
            yield f"/tiles/{name}/{z}/{x}/{y}.mvt"
            yield f"/tiles/{name}/{z}/{x}/{y}.geojson"
        yield f"/tiles/{','.join((*LAYERS, TOWN_LAYER))}/{z}/{x}/{y}.mvt"


def tiles_of_all() -> Iterator[str]:
    yield from ogc_tiles(())


def pictures() -> Iterator[str]:
    for words in ("secret-photo", "secret-photo shown", "elsewhere-photo", "elsewhere-photo shown"):
        for end in (".jpg", "-320.jpg"):
            yield f"/photos/{planted_picture(words).sha256}{end}"
    yield f"/photos/{'0' * 64}.jpg"


TILES = {"tile": tiles, "ogc tile": ogc_tiles, "ogc tile of all": tiles_of_all, "photo": pictures}


def test_no_public_door_shows_a_hidden_value_or_name(app: FastAPI, full: dict[str, list[int]]) -> None:
    looked_for = secrets()
    assert len(looked_for) > 15
    # A name of one word is also an English word, so in prose only names that are nothing else are looked for;
    # among the keys of a document every name is.
    own_names = sorted(name for name in hidden_names() if "_" in name)
    names = re.compile(r"(?<![\w-])(" + "|".join(own_names) + r")(?![\w-])")
    visited = 0
    with TestClient(app, raise_server_exceptions=False) as client:
        for address in dict.fromkeys(addresses(app, full)):
            for accept in ("application/json", "text/html"):
                answer = client.get(address, headers={"Accept": accept})
                assert answer.status_code < 500, f"{address}: {answer.status_code}"
                said = readable(answer.content, answer.headers.get("content-type", ""))
                said += json.dumps(dict(answer.headers))
                # Whoever asks for a picture by its digest knows that already; a refusal tells where it is from.
                own = looked_for - {address.split("/")[-1][:64]}
                leaked = [secret for secret in own if secret in said] + sorted(set(names.findall(said)))
                leaked += sorted(keys_in(answer) & hidden_names())
                assert not leaked, f"{address} as {accept} shows {leaked[:5]}"
                visited += 1
    assert visited > 300


GRANTS = {
    Audience.PARTNER: "partner municipality 9098",
    Audience.COMMUNITY: "community community {community}",
    Audience.STAFF: "staff municipality 9098",
    Audience.STEWARD: "steward municipality 9098",
    Audience.CARE: "care municipality 9098",
    Audience.TAX: "tax municipality 9098",
}
# What each audience is there for: a column of its own that it must be able to read.
ITS_OWN = {
    Audience.STAFF: ("asset", "contact"),
    Audience.CARE: ("household", "head_name"),
    Audience.TAX: ("parcel", "owner_name"),
}


@pytest.mark.parametrize("audience", GRANTS)
def test_no_door_shows_an_audience_what_is_not_its_own(
    audience: Audience, app: FastAPI, engine: Engine, full: dict[str, list[int]], elsewhere: dict[str, list[int]]
) -> None:
    """Neither a column of another audience nor anything hidden of another town, on any door."""
    make_person(engine, "somebody", GRANTS[audience].format(community=full["community"][0]))
    looked_for = secrets(audience)
    assert looked_for
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = signed_in_as(client, audience)
        for address in dict.fromkeys((*addresses(app, full), *items_of(elsewhere))):
            answer = client.get(address, headers=headers | {"Accept": "application/json"})
            assert answer.status_code < 500, f"{address}: {answer.status_code}"
            said = readable(answer.content, answer.headers.get("content-type", "")) + json.dumps(dict(answer.headers))
            own = looked_for - {address.split("/")[-1][:64]}
            leaked = [secret for secret in own if secret in said] + re.findall("elsewhere-[a-z_-]+", said)
            assert not leaked, f"{address} shows {audience} {leaked[:5]}"
            if "no-store" not in answer.headers.get("cache-control", ""):
                assert address in PAGES_FOR_ALL or answer.status_code >= 400 or is_for_all(address), address
        if audience in ITS_OWN:
            layer, column = ITS_OWN[audience]
            found = client.get(f"/collections/{layer}/items", headers=headers).json()["features"]
            assert {one["properties"][column] for one in found} == {f"secret-{layer}-{column}"}
        for address, secret in STEWARDS.items() if audience is Audience.STEWARD else ():
            assert secret in client.get(address, headers=headers).text


def signed_in_as(client: TestClient, audience: Audience) -> dict[str, str]:
    words = {"scope": str(audience), "purpose": "the leak test"}
    return bearer(token_for(client, "somebody", **words).json()["access_token"])


def items_of(made: dict[str, list[int]]) -> Iterator[str]:
    for name, ids in made.items():
        for fid in ids:
            for more in ("", "?datetime=2026-03-01T00:00:00Z", "/versions", "/versions?f=html"):
                yield f"/collections/{name}/items/{fid}{more}"
            yield from (f"/marks/{name}/{fid}", f"/marks/{name}/{fid}?f=html")


def is_for_all(address: str) -> bool:
    """What holds no row of any layer, or only of the program itself."""
    return address.split("?")[0] in PAGES_FOR_ALL


# A steward's own: what it is there for.
STEWARDS = {"/requests": "secret-register-subject", "/incidents/1": "secret-register-what"}
# What was cleared for everybody is kept by whoever got it, until it asks again.
CLEARED = {f"/photos/{planted_picture(f'{town}-photo shown').sha256}{end}" for town in ("secret", "elsewhere")
           for end in (".jpg", "-320.jpg")}  # fmt: skip
PAGES_FOR_ALL = CLEARED | {
    "/field",
    "/field/layers",
    "/field/manifest.webmanifest",
    "/field/worker.js",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/api",
    "/api.html",
    "/conformance",
    "/login",
    "/functions",
    # It asks nobody who they are, and tells all what the public is told.
    "/feed.atom",
}


@pytest.mark.parametrize("audience", [Audience.STAFF, Audience.CARE, Audience.TAX])
def test_a_row_of_another_town_is_not_there(
    audience: Audience, app: FastAPI, engine: Engine, full: dict[str, list[int]], elsewhere: dict[str, list[int]]
) -> None:
    make_person(engine, "somebody", GRANTS[audience])
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = signed_in_as(client, audience)
        for name, layer in LAYERS.items():
            told = [client.get(f"/collections/{name}/items/{fid}", headers=headers)
                    for fid in (elsewhere[name][0], 999_999)]  # fmt: skip
            if layer.is_open:
                assert told[0].status_code == 200
                continue
            assert [one.status_code for one in told] == [404, 404], name
            # Told in the same words as a row that never was.
            assert told[0].json()["detail"].replace(str(elsewhere[name][0]), "…") == told[1].json()["detail"].replace(
                "999999", "…"
            )
            listed = client.get(f"/collections/{name}/items", headers=headers, params={"municipality": "9099"})
            assert listed.json()["features"] == []


def keys_in(answer: Any) -> set[str]:
    kind = answer.headers.get("content-type", "")
    if "vector-tile" in kind and answer.content:
        return set(_keys(mapbox_vector_tile.decode(answer.content)))
    return set(_keys(answer.json())) if "json" in kind else set()


def _keys(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield str(key)
            yield from _keys(value)
    elif isinstance(document, list):
        for value in document:
            yield from _keys(value)


@pytest.mark.parametrize("name", [*LAYERS, TOWN_LAYER])
def test_a_hidden_column_cannot_be_filtered_on(name: str, app: FastAPI, full: dict[str, list[int]]) -> None:
    with TestClient(app, raise_server_exceptions=False) as client:
        told = set()
        fields = app.state.layers.here[name].fields
        for column in [n for n, w in fields.items() if w.audience is not Audience.PUBLIC]:
            answer = client.get(f"/collections/{name}/items", params={column: f"secret-{name}-{column}"})
            assert answer.status_code == 400
            told.add(answer.json()["detail"].replace(column, "…"))
        unknown = client.get(f"/collections/{name}/items", params={"no_such_column": "1"})
        assert unknown.status_code == 400
        # A hidden column is refused with the words of one that does not exist.
        assert told <= {unknown.json()["detail"].replace("no_such_column", "…")}


def test_what_is_not_verified_stays_inside(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        (hidden,) = make_rows(session, "risk_point", status="reported", name_th="ยังไม่ตรวจ")
        (shown,) = make_rows(session, "risk_point", status="verified", name_th="ตรวจแล้ว")
    with TestClient(app) as client:
        ids = [feature["id"] for feature in client.get("/collections/risk_point/items").json()["features"]]
        assert (hidden in ids, shown in ids) == (False, True)
        assert client.get(f"/collections/risk_point/items/{hidden}").status_code == 404
        page = client.get("/collections/risk_point/items", params={"f": "html"}).text
        assert "ตรวจแล้ว" in page
        assert "ยังไม่ตรวจ" not in page


def test_a_photograph_that_no_person_has_cleared_leaves_by_no_public_door(
    app: FastAPI, engine: Engine, full: dict[str, list[int]]
) -> None:
    """Neither the picture nor its digest, caption, place or maker, in any form; of a cleared one the picture alone."""
    hidden, shown = planted_picture("secret-photo"), planted_picture("secret-photo shown")
    every = [f"/photos/{one.sha256}{end}" for one in (hidden, shown) for end in (".jpg", "-320.jpg")]
    rows = [f"/collections/{name}/items/{fid}" for name, layer in LAYERS.items() if layer.photographed
            for fid in full[name]]  # fmt: skip
    doors = [f"{row}{more}" for row in rows for more in ("", "?f=html", "/photos", "/photos?f=html", "/photos?lang=en")]
    told = set()
    with TestClient(app, raise_server_exceptions=False) as client:
        for address in (*every, *doors):
            for accept in ("*/*", "text/html", "image/jpeg"):
                answer = client.get(address, headers={"Accept": accept})
                said = answer.content + json.dumps(dict(answer.headers)).encode()
                for secret in (
                    hidden.jpeg,
                    hidden.thumbnail,
                    b"secret-photo",
                    *(str(one).encode() for one in STOOD_AT),
                ):
                    assert secret not in said, (address, accept)
                if address not in every:
                    assert hidden.sha256.encode() not in said, (address, accept)
                told.add(answer.content)
        # The test would find what it looks for: the cleared ones are there, and staff get them all.
        assert {shown.jpeg, shown.thumbnail} <= told
        make_person(engine, "somebody", GRANTS[Audience.STAFF])
        headers = signed_in_as(client, Audience.STAFF)
        got = [client.get(address, headers=headers).content for address in every]
        assert got == [hidden.jpeg, hidden.thumbnail, shown.jpeg, shown.thumbnail]


def test_a_cleared_photograph_of_what_is_not_verified_stays_inside(
    app: FastAPI, engine: Engine, full: dict[str, list[int]]
) -> None:
    hidden = planted_picture("secret-photo")
    with Session(engine) as session, session.begin():
        for photo in photos.of_digest(session, hidden.sha256):
            photos.clear(session, photo, no_faces=True, no_plates=True, by="a tester", at=SINCE)
        rewrite(session, "risk_point", full["risk_point"][:1], LATER, status="reported")
        rewrite(session, "risk_zone", full["risk_zone"][:1], LATER, status="reported")
        close(session, LAYERS["asset"], full["asset"][0], act=Act(by="a tester", origin="test", at=LATER))
    with TestClient(app, raise_server_exceptions=False) as client:
        for end in (".jpg", "-320.jpg"):
            assert client.get(f"/photos/{hidden.sha256}{end}").status_code == 404
        for name in ("risk_point", "risk_zone", "asset"):
            assert client.get(f"/collections/{name}/items/{full[name][0]}/photos").status_code == 404
