"""A file that a steward sends, to be looked at before a layer is made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from api.definition import form_answers
from api.deps import Known, Steward
from api.people.forms import needed, ticked
from api.people.page_forms import done, town_in
from api.people.who import check_act
from api.routes.imports import plain_name, sent_form
from api.routes.town_layers import uploads_of
from geo.errors import BadRequest
from geo.intake.make import described_file

router = APIRouter(tags=["town layers"], dependencies=[Known])

_WORDS = ("municipality", "crs", "encoding", "sheet", "anywhere", "csrf")


async def _sent(request: Request, me: Steward) -> AsyncIterator[FormData]:
    """The form, read only for a steward."""
    async with sent_form(request) as form:
        yield form


_FORM: dict[str, Any] = {
    "responses": form_answers(201),
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "municipality"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "municipality": {"type": "string", "description": "whose layer it will be, 9098"},
                        "crs": {"type": "string", "description": "EPSG:24047, where the file does not say"},
                        "encoding": {"type": "string", "description": "cp874 or utf-8, where the bytes are not enough"},
                        "sheet": {"type": "string", "description": "the layer or file inside a container"},
                        "anywhere": {"type": "boolean", "description": "take data outside Thailand"},
                        "csrf": {"type": "string"},
                    },
                }
            }
        },
    },
}


@router.post("/layers/uploads", response_model=None, status_code=201, openapi_extra=_FORM)
def send_file(request: Request, sent: Annotated[FormData, Depends(_sent)], me: Steward) -> Response:
    """Send a file and see what it holds; nothing is made of it yet."""
    words = {name: str(sent[name]) for name in _WORDS if name in sent}
    check_act(request, words, me)
    town = town_in(words, me)
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise BadRequest("ต้องมีช่อง file ที่เป็นไฟล์", "the form needs a field `file` with a file")
    unknown = sorted({name for name in sent if name not in ("file", *_WORDS)})
    if unknown:
        raise BadRequest(f"ไม่รู้จักช่อง {', '.join(unknown)[:200]}", f"unknown fields: {', '.join(unknown)[:200]}")
    said = {name: needed(words, name) if words.get(name, "").strip() else None for name in ("crs", "encoding", "sheet")}
    waiting = uploads_of(request)
    kept = waiting.keep(file.file, login=me.login, town=town, file_name=plain_name(file.filename),
                        anywhere=ticked(words, "anywhere"), **said)  # fmt: skip
    try:
        # Refused now, where the person still has the file at hand, and with the choices they have.
        described_file(waiting.of(me.login, kept.code)[1], kept.options, file_name=kept.file_name)
    except BaseException:
        waiting.forget(kept.code)
        raise
    return done(request, f"/layers/new/{kept.code}", status=201, upload=kept.code)
