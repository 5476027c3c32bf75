"""Every page of the service: how it is visited, and as whom; and the routes that have no page, each with its reason.

A new route stands here or `test_everybody.py` fails. `{id}` is a layer of the town, `{community}`, `{asset}`, `{risk}`,
`{parcel}` and `{household}` are rows of it, `{person}` is somebody with an account, `{invited}`, `{upload}` and
`{edition}` (a year's file) wait.
"""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC = ("public",)
MEMBERS = ("staff",)
STEWARD = ("steward",)
EVERYBODY = ("public", "community", "staff", "care", "tax", "steward")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One address of a route, who looks at it, and the status that they get."""

    address: str
    who: tuple[str, ...] = PUBLIC
    status: int = 200


def _seen(address: str, *who: str, status: int = 200) -> Visit:
    return Visit(address=address, who=who or PUBLIC, status=status)


PAGES: dict[str, tuple[Visit, ...]] = {
    "/": (_seen("/", "public", "staff"), _seen("/nothing-here", status=404)),
    "/api.html": (_seen("/api.html"),),
    "/auth/me": (_seen("/auth/me", *EVERYBODY[1:]), _seen("/auth/me", status=401)),
    "/collections": (_seen("/collections"),),
    "/collections/{collection}": (_seen("/collections/household"), _seen("/collections/nothing", status=404)),
    "/collections/{collection}/items": (
        _seen("/collections/asset/items", "public", "staff"), _seen("/collections/household/items", "public", "care"),
        _seen("/collections/parcel/items?limit=10000", "tax"), _seen("/collections/asset/items?capacity=777777"),
        _seen("/collections/asset/items?datetime=2026-03-01T00:00:00Z", "staff"),
        _seen("/collections/asset/items?limit=none", status=400),
    ),
    "/collections/{collection}/items/{fid}": (
        _seen("/collections/asset/items/{asset}", "public", "staff"),
        _seen("/collections/household/items/{household}", "care"),
    ),
    "/collections/{collection}/items/{fid}/dossier": (
        _seen("/collections/household/items/{household}/dossier", "care"),
        _seen("/collections/household/items/{household}/dossier", "staff", status=403),
    ),
    "/collections/{collection}/items/{fid}/photos": (
        _seen("/collections/risk_point/items/{risk}/photos", "public", "staff"),
    ),
    "/collections/{collection}/items/{fid}/versions": (_seen("/collections/asset/items/{asset}/versions", "staff"),),
    "/collections/{collection}/queryables": (_seen("/collections/risk_zone/queryables"),),
    "/collections/{collection}/schema": (_seen("/collections/parcel/schema"),),
    "/collections/{collection}/sortables": (_seen("/collections/parcel/sortables"),),
    "/collections/{collection}/tiles": (_seen("/collections/parcel/tiles"),),
    "/collections/{collection}/tiles/{tileMatrixSetId}": (_seen("/collections/parcel/tiles/WebMercatorQuad"),),
    "/communities/compare": (
        _seen("/communities/compare", "public"), _seen("/communities/compare?ids={community},{neighbour}", "public"),
    ),
    "/communities/{fid}": (_seen("/communities/{community}", "public", "community"),),
    "/communities/{fid}/map": (_seen("/communities/{community}/map"),),
    "/field": (_seen("/field"),),
    "/follows": (_seen("/follows", "staff"),),
    "/follows/confirm/{code}": (_seen("/follows/confirm/1-x", status=403),),
    "/follows/stop/{code}": (_seen("/follows/stop/1-x", status=403),),
    "/functions": (_seen("/functions"),),
    "/incidents": (_seen("/incidents", "steward"),),
    "/incidents/{number}": (_seen("/incidents/1", "steward"),),
    "/invitations/{code}": (_seen("/invitations/{invited}"), _seen("/invitations/unknown", status=404)),
    "/layers": (_seen("/layers", "steward"),),
    "/layers/new": (_seen("/layers/new", "steward"),),
    "/layers/new/{upload}": (_seen("/layers/new/{upload}", "steward"),),
    "/layers/{layer_id}": (_seen("/layers/{id}", "steward"),),
    "/login": (_seen("/login"),),
    "/map": (_seen("/map", "public", "care"),),
    "/maps": (_seen("/maps?layers=household,asset"),),
    "/marks/{collection}/{fid}": (_seen("/marks/risk_point/{risk}", "staff"),),
    "/parcels/{fid}": (_seen("/parcels/{parcel}", "public", "staff", "tax"), _seen("/parcels/0", status=404)),
    "/people": (_seen("/people", "steward"), _seen("/people", "staff", status=403)),
    "/people/{number}": (_seen("/people/{person}", "steward"),),
    "/processing": (_seen("/processing", "public", "steward"),),
    "/queue": (_seen("/queue", "staff"),),
    "/releases": (_seen("/releases", "steward"),),
    "/report": (_seen("/report"),),
    "/report/{receipt}": (_seen("/report/K7M4-9TX2-PQ", status=404),),
    "/requests": (_seen("/requests", "steward"),),
    "/requests/{number}": (_seen("/requests/1", "steward"),),
    "/shared-areas": (_seen("/shared-areas"),),
    "/shared-areas/{fid}": (_seen("/shared-areas/{shared}"),),
    "/imports": (_seen("/imports", "public", status=401), _seen("/imports", "staff", "tax")),
    "/editions/{number}": (_seen("/editions/{edition}", "tax"), _seen("/editions/{edition}", "staff", status=404)),
    "/editions/{number}/changes": (
        _seen("/editions/{edition}/changes", "tax"), _seen("/editions/{edition}/changes?kind=NEW", "tax"),
    ),
    "/editions/{number}/findings/{place}": (_seen("/editions/{edition}/findings/1", "tax"),),
    "/tax": (_seen("/tax", "staff", "tax"),),
    "/tax/questions": (_seen("/tax/questions", "staff", "tax"),),
    "/tax/settings": (_seen("/tax/settings", "tax"), _seen("/tax/settings", "staff", status=403)),
    "/tax/simulation": (
        _seen("/tax/simulation", "public", "staff", "tax"), _seen("/tax/simulation?year=2567", status=401),
    ),
    "/tileMatrixSets": (_seen("/tileMatrixSets"),),
    "/tileMatrixSets/{tileMatrixSetId}": (_seen("/tileMatrixSets/WorldCRS84Quad"),),
    "/tiles": (_seen("/tiles"),),
    "/tiles/{ids}/legend": (_seen("/tiles/household,risk_zone/legend"), _seen("/tiles/asset/legend")),
    "/towns/{code}": (_seen("/towns/9098", "public", "staff"),),
    "/tiles/{tileMatrixSetId}": (_seen("/tiles/WebMercatorQuad"),),
}  # fmt: skip

_TILE, _DOCUMENT = "a tile, drawn by a map", "a document for programs"
NO_PAGES = {
    "/api": _DOCUMENT,
    "/openapi.json": _DOCUMENT,
    "/conformance": _DOCUMENT,
    "/communities/search": "the map's search reads it",
    "/feed.atom": "a feed, for the reader's own program",
    "/marks/forms": _DOCUMENT,
    "/photos/{sha256}.jpg": "a picture",
    "/photos/{sha256}-320.jpg": "a picture",
    "/field/layers": _DOCUMENT,
    "/field/manifest.webmanifest": _DOCUMENT,
    "/field/me": _DOCUMENT,
    "/field/worker.js": "a script",
    "/map/ages": _DOCUMENT,
    "/map/bands": _DOCUMENT,
    "/map/classes": _DOCUMENT,
    "/map/days": _DOCUMENT,
    "/marks/area": _DOCUMENT,
    "/search": "the map's search reads it",
    "/healthz": "for whoever watches the server",
    "/readyz": "for whoever watches the server",
    "/imports/{batch}": "a report for programs",
    "/editions/{number}/corrected.gpkg": "a file",
    "/editions/{number}/worklist.xlsx": "a file",
    "/jobs/{number}": "a page's script reads it",
    "/parcels/{fid}/tax": _DOCUMENT,
    "/tax/settings/tables/{name}": "a file",
    "/login/oidc": "leads on to another server",
    "/login/oidc/back": "leads on to a page of ours",
    "/tiles/{ids}.json": _DOCUMENT,
    "/tiles/{ids}/style.json": _DOCUMENT,
    "/tiles/{ids}/{z}/{x}/{y}.{written}": _TILE,
    "/collections/{collection}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": _TILE,
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": _TILE,
}
