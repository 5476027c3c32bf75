"""Features made, replaced, changed and ended over HTTP (OGC API – Features, Part 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from api.bodies import GEOJSON, JSON, MERGE_PATCH, body_of, check_kind, document_in
from api.conditions import condition_of, is_bootstrap, known_version
from api.definition import answers
from api.deps import Asking, Known, MaybeSignedIn, NamedLayer, Person, ReadSession, key_of
from api.writing import Desk, TheDesk, answer_to_one, done, may_write, problems_of, told_of
from geo.errors import BadRequest, TooBig
from geo.intake.features import part, whole
from geo.intake.work import MOST_AT_ONCE, Action
from geo.store.present import Condition

router = APIRouter(tags=["writes"], dependencies=[Known])

READS = "GET, HEAD, OPTIONS"
PATCHES = (MERGE_PATCH, JSON)
FEATURES = (GEOJSON, JSON)


_HEADERS = {
    "If-Match": 'the tag that was read, such as "3-…" or "3", or *',
    "If-None-Match": "* where nothing may be there",
    "If-Unmodified-Since": "the Last-Modified that was read",
    "Content-Crs": "the system of the coordinates, <http://www.opengis.net/def/crs/EPSG/0/32647>; else CRS84",
    "Prefer": "return=minimal or return=representation; handling=strict or handling=lenient",
    "Idempotency-Key": "of your choice: what is sent again under it within 60 days is not done again",
}
OF_A_NEW_ONE = ("If-None-Match", "Content-Crs", "Prefer", "Idempotency-Key")
OF_A_BATCH = ("Content-Crs", "Prefer", "Idempotency-Key")
_OF_AN_END = ("If-Match", "If-None-Match", "If-Unmodified-Since", "Idempotency-Key")


def with_headers(*names: str) -> dict[str, Any]:
    """The headers that a route reads, for the definition of the API."""
    text = {"in": "header", "required": False, "schema": {"type": "string"}}
    return {"parameters": [{"name": name, "description": _HEADERS[name], **text} for name in names]}


def _described(kinds: Sequence[str], schema: dict[str, Any], *headers: str) -> dict[str, Any]:
    body = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    return {"requestBody": body, **with_headers(*headers)}


_GEOMETRY: dict[str, Any] = {
    "type": ["object", "null"],
    "required": ["type"],
    "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "items": {}}},
}
FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": _GEOMETRY,
        "properties": {"type": ["object", "null"], "description": "the columns, as items have them"},
    },
}
_FEATURES = {
    "type": "object",
    "description": "a Feature, or a FeatureCollection of which all are taken or none",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature", "FeatureCollection"]},
        "geometry": _GEOMETRY,
        "properties": FEATURE["properties"]["properties"],
        "features": {"type": "array", "items": FEATURE, "maxItems": MOST_AT_ONCE},
    },
}
_PATCH = {"type": "object", "description": "RFC 7396: flat, or shaped as a Feature; null empties"}
_DONE = answers(JSON, GEOJSON) | {204: {"description": "Done; nothing more was wanted (return=minimal)"}}
_MADE = answers(JSON, GEOJSON, status=201)
_OPTIONS: dict[int | str, dict[str, Any]] = {200: {"description": "What may be done here, in `Allow`"}}


async def _feature_body(request: Request, _: TheDesk) -> bytes:
    check_kind(request, FEATURES)
    return await body_of(request)


async def _patch_body(request: Request, _: TheDesk) -> bytes:
    check_kind(request, PATCHES)
    return await body_of(request)


FeatureBody = Annotated[bytes, Depends(_feature_body)]
PatchBody = Annotated[bytes, Depends(_patch_body)]


@router.post(
    "/collections/{collection}/items", status_code=201, response_model=None, responses=_MADE,
    openapi_extra=_described(FEATURES, _FEATURES, *OF_A_NEW_ONE),
)  # fmt: skip
def create_items(desk: TheDesk, body: FeatureBody) -> Response:
    """Make a feature; or several in a FeatureCollection, all or none."""
    condition = _of_new(condition_of(desk.request))
    document = document_in(body)
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        return _create_several(desk, body, document, condition)
    action = whole("create", document, condition=condition, handling=desk.wants.handling)
    return answer_to_one(desk, done(desk, body, [action], status=201), status=201)


def _create_several(desk: Desk, body: bytes, document: dict[str, Any], condition: Condition) -> Response:
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise BadRequest("features ต้องเป็นรายการที่ไม่ว่าง", "features must be a list that is not empty")
    check_number(features)
    actions = [whole("create", one, condition=condition, handling=desk.wants.handling) for one in features]
    came = done(desk, body, actions, status=201, is_list=True)
    headers = told_of(came) | desk.wants.applied(with_feature=False)
    if desk.wants.returns == "minimal":
        return Response(None, 201, headers)
    made = [{"id": one.id, "version": one.version} for one in came.outcomes]
    told = {"collection": desk.layer.id, "ids": [one.id for one in came.outcomes], "made": made}
    return JSONResponse(told | problems_of(came), 201, headers)


def check_number(found: Sequence[Any]) -> None:
    """`TooBig` for more than are taken at once."""
    if len(found) > MOST_AT_ONCE:
        raise TooBig(
            f"ครั้งละไม่เกิน {MOST_AT_ONCE:,} รายการ มากกว่านี้ใช้ POST /imports",
            f"At most {MOST_AT_ONCE:,} at once; more come as a file to POST /imports",
        )


def _of_new(condition: Condition) -> Condition:
    """What can be expected of a feature that is not there yet: that it is not."""
    if condition.says_which or condition.not_versions:
        raise BadRequest(
            "POST รับเฉพาะ If-None-Match: * เพราะยังไม่มีรายการให้เทียบ",
            "With POST only If-None-Match: * can be meant: there is no feature yet to compare with",
        )
    return condition


@router.put(
    "/collections/{collection}/items/{fid}", response_model=None, responses=_DONE,
    openapi_extra=_described(FEATURES, FEATURE, *_HEADERS),
)  # fmt: skip
def replace_item(desk: TheDesk, fid: str, body: FeatureBody) -> Response:
    """Put another feature in the place of one: what it leaves out becomes empty, of the columns that you see."""
    document, condition = document_in(body), condition_of(desk.request)
    action = whole("replace", document, fid=key_of(desk.layer, fid), condition=condition, handling=desk.wants.handling)
    return answer_to_one(desk, done(desk, body, [action], status=200), status=200)


@router.patch(
    "/collections/{collection}/items/{fid}", response_model=None, responses=_DONE,
    openapi_extra=_described(PATCHES, _PATCH, *_HEADERS),
)  # fmt: skip
def update_item(desk: TheDesk, fid: str, body: PatchBody) -> Response:
    """Change a part of a feature: what the patch leaves out stays as it is."""
    document, condition = document_in(body), condition_of(desk.request)
    action = part(document, fid=key_of(desk.layer, fid), condition=condition, handling=desk.wants.handling)
    return answer_to_one(desk, done(desk, body, [action], status=200), status=200)


@router.delete(
    "/collections/{collection}/items/{fid}", status_code=204, response_model=None,
    responses={204: {"description": "Ended; it can be restored"}}, openapi_extra=with_headers(*_OF_AN_END),
)  # fmt: skip
def delete_item(desk: TheDesk, fid: str) -> Response:
    """End a feature: it leaves the map, and stays in the history."""
    action = Action(do="delete", fid=key_of(desk.layer, fid), condition=condition_of(desk.request))
    came = done(desk, b"", [action], status=204)
    return Response(None, 204, told_of(came))


@router.options("/collections/{collection}/items", response_model=None, responses=_OPTIONS)
def tell_items(request: Request, layer: NamedLayer, asking: Asking, me: MaybeSignedIn) -> Response:
    """What whoever asks may do with the collection."""
    if may_write(me, _bootstrap(request), layer):
        return _allowed(f"{READS}, POST", {"Accept-Post": ", ".join(FEATURES)})
    return _allowed(READS)


@router.options("/collections/{collection}/items/{fid}", response_model=None, responses=_OPTIONS)
def tell_item(
    request: Request, layer: NamedLayer, fid: str, asking: Asking, me: MaybeSignedIn, session: ReadSession
) -> Response:
    """What whoever asks may do with a feature: to change it, it must lie in their area."""
    known = known_version(request, session, layer, asking, key_of(layer, fid))
    if known is not None and may_write(me, _bootstrap(request), layer):
        return _allowed(f"{READS}, PUT, PATCH, DELETE", {"Accept-Patch": ", ".join(PATCHES)})
    return _allowed(READS)


def _bootstrap(request: Request) -> Person | None:
    return Person(name="") if is_bootstrap(request) else None


def _allowed(methods: str, more: dict[str, str] | None = None) -> Response:
    return Response(None, 200, {"Allow": methods, "Cache-Control": "no-store", **(more or {})})
