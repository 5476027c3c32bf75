"""Small forms: some kilobytes of a form or JSON, and nothing larger is read."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.definition import form_answers
from geo.errors import BadRequest, TooBig

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 64 * 1024
# A form with a line for each of a file's columns.
MOST_BYTES_OF_A_WIDE_ONE = 1024 * 1024
MOST_FIELDS_OF_A_WIDE_ONE = 2_500


async def small_form(request: Request) -> dict[str, str]:
    """The words of a form or of JSON, by field."""
    return await _form(request, MOST_BYTES, 50)


async def form_sent(request: Request) -> None:
    """Keep a form for whoever asks who sends it: its csrf is the proof. Nothing where something else was sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind == FORM:
        request.state.form = await _form(request, MOST_BYTES, 50)


async def _wide_form(request: Request) -> dict[str, str]:
    return await _form(request, MOST_BYTES_OF_A_WIDE_ONE, MOST_FIELDS_OF_A_WIDE_ONE)


async def _form(request: Request, most_bytes: int, most_fields: int) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request, most_bytes)
    if not body:
        return {}
    if kind == "application/json":
        pairs = _from_json(body)
    elif kind == FORM:
        try:
            pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=most_fields, errors="strict")
        except ValueError:
            raise _unreadable() from None
    else:
        raise _unreadable()
    if len({name for name, _ in pairs}) < len(pairs):
        raise BadRequest("มีช่องที่ให้มามากกว่าหนึ่งครั้ง", "A field is given more than once")
    for said in (name + value for name, value in pairs):
        # PostgreSQL has no such characters; JSON can write the halves of one (`\ud800`), and nobody means to.
        if "\x00" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
            raise BadRequest("แบบฟอร์มมีอักขระที่ใช้ไม่ได้", "The form holds a character that is none")
    return dict(pairs)


async def _body(request: Request, most: int) -> bytes:
    parts, seen = [], 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > most:
            raise TooBig("แบบฟอร์มใหญ่เกินไป", "The form is too large")
        parts.append(chunk)
    return b"".join(parts)


def _from_json(body: bytes) -> list[tuple[str, str]]:
    try:
        found = json.loads(body)
        body.decode("utf-8")
    except ValueError:
        raise _unreadable() from None
    plain = isinstance(found, dict) and all(isinstance(one, (str, int, bool, type(None))) for one in found.values())
    if not plain:
        raise _unreadable()
    return [
        (name, ("true" if value else "false") if isinstance(value, bool) else str(value))
        for name, value in found.items()
        if value is not None
    ]


def _unreadable() -> BadRequest:
    return BadRequest(
        "อ่านแบบฟอร์มไม่ได้ ส่งเป็น application/x-www-form-urlencoded หรือ JSON ที่เป็นข้อความ",
        "The form cannot be read; send application/x-www-form-urlencoded, or a JSON object of words",
    )


def needed(form: dict[str, str], name: str, *, most: int = 300) -> str:
    """A field that must be there, without the blanks around it."""
    value = form.get(name, "").strip()
    if not value:
        raise BadRequest(f"ต้องมีช่อง {name}", f"The field {name} is needed")
    if len(value) > most:
        raise BadRequest(f"{name}: ยาวเกิน {most} ตัวอักษร", f"{name}: longer than {most} characters")
    return value


def ticked(form: dict[str, str], name: str) -> bool:
    """A box in a form."""
    return form.get(name, "").strip().lower() in ("1", "true", "yes", "on")


def fields(*required: str, optional: tuple[str, ...] = (), status: int = 200) -> dict[str, Any]:
    """What a form takes, for the definition of the API."""
    schema = {"type": "object", "required": list(required),
              "properties": {name: {"type": "string"} for name in (*required, *optional)}}  # fmt: skip
    kinds = (FORM, "application/json")
    body = {"required": bool(required), "content": {kind: {"schema": schema} for kind in kinds}}
    return {"requestBody": body, "responses": form_answers(status)}


SmallForm = Annotated[dict[str, str], Depends(small_form)]
WideForm = Annotated[dict[str, str], Depends(_wide_form)]
FormSent = Depends(form_sent)
