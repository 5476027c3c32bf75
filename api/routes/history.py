"""What a row was: its versions for the members of its area, and bringing one of them back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from api.answers import json_answer
from api.conditions import condition_in
from api.definition import JSON_ONLY, JSON_OR_PAGE
from api.deps import Asking, ChangingEngine, Known, NamedLayer, Now, ReadSession, Writer, key_of
from api.links import link, with_query
from api.negotiation import format_of
from api.pages import page
from api.people.forms import SmallForm, needed
from geo.errors import BadRequest, NotYours, Text
from geo.life import LIVES
from geo.store.db import session_of
from geo.store.past import MOST_VERSIONS, Deed, Version, check_version, versions
from geo.store.read import shown_fields
from geo.store.write import Act, restore

router = APIRouter(tags=["history"], dependencies=[Known])

MOST_ON_A_PAGE = 20

PRIVATE = {"Cache-Control": "private, no-store"}
LARGEST = 2**31 - 1
OPERATIONS = {
    "load": Text("นำเข้าจากไฟล์", "Loaded from a file"), "insert": Text("เพิ่ม", "Added"),
    "update": Text("แก้ไข", "Changed"), "delete": Text("ลบ", "Deleted"),
    "relink": Text("เชื่อมโยงใหม่ตามตำแหน่ง", "Linked anew by location"), "restore": Text("นำกลับคืน", "Restored"),
    "erase": Text("ลบข้อมูลส่วนบุคคลตามคำขอ", "Personal data erased on request"),
    "undo": Text("ย้อนการนำเข้า", "A load taken back"),
    "expire": Text("ลบข้อมูลส่วนบุคคลเมื่อครบกำหนด", "Personal data gone when its time was over"),
    **{step.operation: step.told for life in LIVES.values() for step in life.steps},
}  # fmt: skip


@router.get("/collections/{collection}/items/{fid}/versions", response_model=None, responses=JSON_OR_PAGE)
def list_versions(
    request: Request, layer: NamedLayer, fid: str, session: ReadSession, asking: Asking,
    limit: Annotated[int, Query(ge=1, description=f"at most {MOST_VERSIONS}; more is lowered, not refused")] = 100,
    before: Annotated[int | None, Query(ge=1, le=LARGEST, description="the version to go on from")] = None,
) -> Response:  # fmt: skip
    """The versions of one row that lay in the asker's area, newest first; for members alone."""
    wanted_format = format_of(request)
    limit = min(limit, MOST_ON_A_PAGE) if wanted_format == "html" else limit
    found = versions(session, layer, asking, key_of(layer, fid), limit=limit, before=before)
    item = f"/collections/{layer.id}/items/{fid}"
    same = {"limit": limit}
    more = found.next_before
    next_path = with_query(f"{item}/versions", **same, before=more) if more is not None else None
    if wanted_format == "html":
        return page(request, "versions.html", layer=layer, fid=fid, versions=found.versions, operations=OPERATIONS,
                    fields=shown_fields(layer, asking),
                    next_url=f"{next_path}&f=html" if next_path else None)  # fmt: skip
    links = [
        link(request, with_query(f"{item}/versions", **same, before=before), "self", "application/json", "This page"),
        link(request, f"{item}/versions?f=html", "alternate", "text/html", "หน้านี้ · As a page"),
        link(request, item, "latest-version", "application/geo+json", "The present version"),
    ]
    if next_path:
        links.append(link(request, next_path, "next", "application/json", "Older versions"))
    document = {"id": int(fid), "layer": layer.id, "links": links, "versions": [_told(one) for one in found.versions]}
    return json_answer(request, document)


def _told(version: Version) -> dict[str, Any]:
    told = {
        "version": version.version,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": version.valid_to.isoformat() if version.valid_to else None,
        **_deed(version.opened),
        "properties": version.properties,
    }
    if version.ended:
        told["ended"] = _deed(version.ended)
    return told


def _deed(deed: Deed) -> dict[str, Any]:
    return {"operation": deed.operation, "at": deed.at.isoformat(), "made_by": deed.made_by, "origin": deed.origin,
            "reason": deed.reason}  # fmt: skip


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["version", "reason"],
                    "properties": {
                        "version": {"type": "integer", "description": "a closed version, which becomes the next one"},
                        "reason": {"type": "string", "description": "why; it stands in the history"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/collections/{collection}/items/{fid}/restore", response_model=None, responses=JSON_ONLY, openapi_extra=_BODY
)
def restore_item(
    writer: Writer, layer: NamedLayer, fid: str, form: SmallForm, asking: Asking, reading: ReadSession,
    engine: ChangingEngine, now: Now, if_match: Annotated[str | None, Header()] = None,
) -> JSONResponse:  # fmt: skip
    """Bring a closed version back as the next one, of a row that was deleted too."""
    key, version, me = key_of(layer, fid), _version_in(form), writer.signed_in
    act = Act(by=writer.name, origin="http", at=now, reason=needed(form, "reason", most=1000))
    expected = _expected(if_match)
    if me is not None:
        check_version(reading, layer, asking, key, version)
    if not writer.may_edit(layer):
        raise NotYours("สิทธิ์ของท่านไม่ครอบคลุมการแก้ชั้นข้อมูลนี้", "Your grant does not cover changes to this layer")
    columns = layer.fields if me is None else layer.fields_for(me.audience)
    with session_of(engine) as session:
        became = restore(session, layer, key, version, act=act, columns=columns, areas=me.areas if me else None,
                         expected_version=expected)  # fmt: skip
    body = {"id": key, "layer": layer.id, "version": became, "restored": version}
    return JSONResponse(body, headers={**PRIVATE, "ETag": f'"{became}"'})


def _version_in(form: dict[str, str]) -> int:
    said = needed(form, "version")
    if not (said.isascii() and said.isdigit() and len(said) < 11 and 0 < int(said) <= LARGEST):
        raise BadRequest("version ต้องเป็นจำนวนเต็มบวก", "version must be a positive whole number")
    return int(said)


def _expected(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    versions = condition_in(if_match=if_match).versions
    if versions is None:
        return None
    if len(versions) > 1:
        raise BadRequest("If-Match ต้องเป็น ETag เดียว", "If-Match must be one tag here")
    # A tag that is none of ours is one of no version.
    return next(iter(versions), 0)
