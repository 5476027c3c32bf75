"""Several changes of one collection in one transaction: made, replaced, changed and ended together, or not at all."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from api.bodies import JSON, body_of, check_kind, document_in
from api.conditions import condition_in, condition_of, tag_of_written
from api.definition import JSON_ONLY
from api.deps import Known, key_of
from api.routes.writes import FEATURE, OF_A_BATCH, check_number, with_headers
from api.writing import Desk, TheDesk, done, problems_of, told_of
from geo.errors import AtlasError, BadRequest
from geo.intake.features import part, whole
from geo.intake.work import MOST_AT_ONCE, Action
from geo.store.present import ANYTHING

router = APIRouter(tags=["writes"], dependencies=[Known])

_MEMBERS = {
    "create": {"do", "feature"}, "replace": {"do", "id", "feature", "if_match"},
    "update": {"do", "id", "patch", "if_match"}, "delete": {"do", "id", "if_match"},
}  # fmt: skip
_BODY: dict[str, Any] = {
    **with_headers(*OF_A_BATCH),
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["actions"],
                    "properties": {
                        "actions": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_AT_ONCE,
                            "items": {
                                "type": "object",
                                "required": ["do"],
                                "properties": {
                                    "do": {"type": "string", "enum": list(_MEMBERS)},
                                    "id": {"type": "integer", "description": "of all but `create`"},
                                    "if_match": {"type": "string", "description": 'as the header, such as "3"'},
                                    "feature": FEATURE,
                                    "patch": {"type": "object", "description": "RFC 7396"},
                                },
                            },
                        }
                    },
                }
            }
        },
    },
}


_DONE = JSON_ONLY | {204: {"description": "Done; nothing more was wanted (return=minimal)"}}


async def _batch_body(request: Request, _: TheDesk) -> bytes:
    check_kind(request, (JSON,))
    return await body_of(request)


@router.post("/collections/{collection}/batch", response_model=None, responses=_DONE, openapi_extra=_BODY)
def carry_out_batch(desk: TheDesk, body: Annotated[bytes, Depends(_batch_body)]) -> Response:
    """Do several things at once: `actions` of `create`, `replace`, `update` and `delete`, all or none."""
    if condition_of(desk.request) != ANYTHING:
        raise BadRequest(
            "ใน batch ให้บอกรุ่นของแต่ละรายการด้วย if_match", "In a batch each action says its own version, as `if_match`"
        )
    document = document_in(body)
    written = document.get("actions") if isinstance(document, dict) else None
    if not isinstance(written, list) or not written or set(document) != {"actions"}:
        raise BadRequest(
            "ต้องเป็น object ที่มีแต่ actions เป็นรายการที่ไม่ว่าง",
            "the body must be an object with `actions`, a list that is not empty",
        )
    check_number(written)
    actions = [_action(desk, index, one) for index, one in enumerate(written)]
    came = done(desk, body, actions, status=200, is_list=True)
    results = [
        {"do": action.do, "id": one.id}
        | ({} if action.do == "delete" else {"version": one.version, "etag": _tag(desk, one.id, one.version)})
        for action, one in zip(actions, came.outcomes, strict=True)
    ]  # fmt: skip
    headers = told_of(came) | desk.wants.applied(with_feature=False)
    if desk.wants.returns == "minimal":
        return Response(None, 204, headers)
    return JSONResponse({"collection": desk.layer.id, "results": results} | problems_of(came), headers=headers)


def _tag(desk: Desk, fid: int, version: int) -> str:
    return tag_of_written(desk.request, version, f"{desk.path}/{fid}")


def _action(desk: Desk, index: int, written: Any) -> Action:
    """One action; what is wrong of its form is told with its place in the list."""
    do = written.get("do") if isinstance(written, dict) else None
    if not isinstance(do, str) or do not in _MEMBERS:
        raise _misformed(
            index, "do ต้องเป็น create, replace, update หรือ delete", "`do` is create, replace, update or delete"
        )
    if stray := sorted(set(written) - _MEMBERS[do]):
        raise _misformed(index, f"ไม่รู้จัก {stray[0][:80]!r}", f"{do} has no {stray[0][:80]!r}")
    if_match = written.get("if_match")
    if if_match is not None and not isinstance(if_match, str):
        raise _misformed(index, "if_match ต้องเป็นข้อความ", "`if_match` is a text")
    try:
        condition = condition_in(if_match=if_match)
        handling = desk.wants.handling
        if do == "create":
            return whole("create", written.get("feature"), handling=handling)
        fid = key_of(desk.layer, _id(index, written.get("id")))
        if do == "delete":
            return Action(do="delete", fid=fid, condition=condition)
        if do == "update":
            return part(written.get("patch"), fid=fid, condition=condition, handling=handling)
        return whole("replace", written.get("feature"), fid=fid, condition=condition, handling=handling)
    except BadRequest as wrong:
        raise _misformed(index, wrong.told.th, wrong.told.en) from None


def _id(index: int, written: Any) -> str:
    if isinstance(written, bool) or not isinstance(written, (int, str)):
        raise _misformed(index, "ต้องมี id", "`id` is needed")
    return str(written)


def _misformed(index: int, th: str, en: str) -> AtlasError:
    start = f"actions[{index}]: "
    return BadRequest(th if th.startswith("actions[") else start + th, en if en.startswith("actions[") else start + en)
