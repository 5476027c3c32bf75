"""Files over HTTP: a form with a file in, a report out.

Who may write is asked before a byte of the file is read, and a file that is too large is refused by its announced
length, or as soon as it grows too large; it is never held in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.definition import JSON, JSON_ONLY, answers
from api.deps import ChangingEngine, Known, KnownLayers, Now, StillServing, Writer
from geo.errors import BadRequest, NotYours, TooBig, UnknownFeature
from geo.intake.grounds import SaidGrounds
from geo.intake.load import LoadOptions, load_file
from geo.personal import Basis, SensitiveBasis
from geo.store.batches import layer_and_town, stored_report
from geo.store.db import session_of

router = APIRouter(tags=["imports"], dependencies=[Known])

MOST_BYTES = 2 * 1024**3
MOST_FIELD_BYTES = 4096
_CHUNK = 1024**2
_GROUNDS = ("purpose", "basis", "sensitive_basis", "consent", "retain_until")
_ONCE = ("layer", "crs", "encoding", "municipality", "sheet", "dry_run", "anywhere", *_GROUNDS)
_SEVERAL = ("map", "set")
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
PRIVATE = {"Cache-Control": "private, no-store"}


@dataclass(frozen=True, kw_only=True)
class Received:
    """A form as it came in: the file, still in its spool, and the options."""

    upload: UploadFile
    once: dict[str, str]
    several: dict[str, dict[str, str]]

    def said(self, name: str) -> str | None:
        """An option's text, None when it was not given or blank."""
        return self.once.get(name, "").strip() or None

    def agreed(self, name: str) -> bool:
        """A yes-or-no option."""
        written = self.once.get(name, "").strip().lower()
        if written not in (*_YES, *_NO):
            raise BadRequest(f"{name} ต้องเป็น true หรือ false", f"{name} must be true or false")
        return written in _YES


async def _received(request: Request, writer: Writer) -> AsyncIterator[Received]:
    """The form, read only for somebody who may write."""
    async with sent_form(request) as form:
        yield _read(form)


@asynccontextmanager
async def sent_form(
    request: Request, *, most_bytes: int | None = None, most_files: int = 1, too_big: TooBig | None = None,
    most_field_bytes: int = MOST_FIELD_BYTES,
) -> AsyncGenerator[FormData]:  # fmt: skip
    """A form with a file, or several, read no further than the limit."""
    refusal, most = too_big or _too_big(), MOST_BYTES if most_bytes is None else most_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise refusal
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest("ต้องส่งเป็น multipart/form-data", "send the file as multipart/form-data")
    parser = MultiPartParser(
        request.headers, _no_more_than(request.stream(), most, refusal), max_files=most_files, max_fields=200,
        max_part_size=most_field_bytes,
    )  # fmt: skip
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        said = getattr(error, "message", "boundary")
        raise BadRequest(f"อ่านแบบฟอร์มไม่ได้ ({said})", f"the form cannot be read ({said})") from error
    try:
        yield form
    finally:
        await form.close()


async def _no_more_than(stream: AsyncIterator[bytes], most: int, refusal: TooBig) -> AsyncGenerator[bytes]:
    seen = 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > most:
            raise refusal
        yield chunk


def _too_big() -> TooBig:
    gigabytes = MOST_BYTES / 1024**3
    return TooBig(
        f"ไฟล์ใหญ่เกิน {gigabytes:g} GB ให้ใช้คำสั่ง atlas load แทน",
        f"the file is larger than {gigabytes:g} GB; use `atlas load`",
    )


def _read(form: FormData) -> Received:
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise BadRequest("ต้องมีช่อง file ที่เป็นไฟล์", "the form needs a field `file` with a file")
    unknown = sorted({name for name in form if name not in ("file", *_ONCE, *_SEVERAL)})
    if unknown:
        raise BadRequest(f"ไม่รู้จักช่อง {', '.join(unknown)[:200]}", f"unknown fields: {', '.join(unknown)[:200]}")
    once = {name: str(form[name]) for name in _ONCE if name in form}
    if not once.get("layer", "").strip():
        raise BadRequest("ต้องมีช่อง layer", "the form needs a field `layer`")
    return Received(upload=upload, once=once, several={name: _pairs(name, form) for name in _SEVERAL})


def _pairs(name: str, form: FormData) -> dict[str, str]:
    """`FIELD=VALUE`, as often as wanted."""
    found = {}
    for written in form.getlist(name):
        field, sign, value = str(written).partition("=")
        if not (sign and field.strip() and value.strip()):
            raise BadRequest(f"{name} ต้องเป็น ช่อง=ค่า", f"{name} must be FIELD=VALUE")
        found[field.strip()] = value.strip()
    return found


@contextmanager
def _on_disk(upload: UploadFile) -> Iterator[Path]:
    """The upload as a file with a name of ours; what its sender called it is told to the reader, not to the disk."""
    with tempfile.NamedTemporaryFile(prefix="atlas-upload-") as kept:
        upload.file.seek(0)
        while chunk := upload.file.read(_CHUNK):
            kept.write(chunk)
        kept.flush()
        yield Path(kept.name)


_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "layer"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "layer": {"type": "string", "description": "the layer's id, for example parcel"},
                        "crs": {"type": "string", "description": "EPSG:24047, where the file does not say"},
                        "encoding": {"type": "string", "description": "cp874 or utf-8, where the bytes are not enough"},
                        "municipality": {"type": "string", "description": "the town's registry code, 9098"},
                        "sheet": {"type": "string", "description": "the layer or file inside a container"},
                        "map": {"type": "array", "items": {"type": "string"}, "description": "FIELD=COLUMN"},
                        "set": {"type": "array", "items": {"type": "string"}, "description": "FIELD=VALUE"},
                        "dry_run": {"type": "boolean"},
                        "anywhere": {"type": "boolean", "description": "take data outside Thailand"},
                        "purpose": {"type": "string", "description": "why personal data is taken; else the layer's"},
                        "basis": {"type": "string", "enum": list(Basis), "description": "PDPA section 24"},
                        "sensitive_basis": {
                            "type": "string",
                            "enum": list(SensitiveBasis),
                            "description": "section 26",
                        },
                        "consent": {"type": "string", "description": "the text agreed to, household-survey/2"},
                        "retain_until": {"type": "string", "description": "the day on which personal values go"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/imports", status_code=201, response_model=None, responses=answers(JSON) | answers(JSON, status=201),
    openapi_extra=_FORM,
)  # fmt: skip
def create_import(
    received: Annotated[Received, Depends(_received)], writer: Writer, engine: ChangingEngine, now: Now,
    still_serving: StillServing, layers: KnownLayers,
) -> JSONResponse:  # fmt: skip
    """Bring a file into a layer; the answer is the report."""
    layer = layers.named(received.once["layer"].strip())
    if not writer.may_load(layer, received.said("municipality") or layer.town):
        raise NotYours(
            "สิทธิ์ของท่านไม่ครอบคลุมชั้นข้อมูลหรือเทศบาลนี้ (ต้องระบุ municipality)",
            "Your grant does not cover this layer or this municipality (say which: municipality)",
        )
    options = LoadOptions(
        municipality=received.said("municipality"), crs=received.said("crs"), encoding=received.said("encoding"),
        map=received.several["map"], set=received.several["set"], sheet=received.said("sheet"),
        dry_run=received.agreed("dry_run"), anywhere=received.agreed("anywhere"),
        by_one_person=writer.signed_in is not None,
        grounds=SaidGrounds(**{name: received.said(name) for name in _GROUNDS}),
    )  # fmt: skip
    with _on_disk(received.upload) as path:
        report = load_file(
            engine, layer, path, options, layers=layers.here, by=writer.name, origin="http", at=now,
            file_name=plain_name(received.upload.filename), progress=lambda done, total: still_serving(),
        )  # fmt: skip
    if report.batch_id is None:
        return JSONResponse(report.to_json(), headers=PRIVATE)
    return JSONResponse(report.to_json(), 201, {**PRIVATE, "Location": f"/imports/{report.batch_id}"})


def plain_name(name: str | None) -> str:
    """The last part of what a browser calls the file; some send the whole path of the sender's disk."""
    last = (name or "").replace("\\", "/").rpartition("/")[2].replace("\x00", "")
    return last[-200:] or "upload"


@router.get("/imports/{batch}", response_model=None, responses=JSON_ONLY)
def get_import(
    batch: Annotated[int, PathParameter(ge=1, le=2**63 - 1)],
    writer: Writer,
    engine: ChangingEngine,
    layers: KnownLayers,
) -> JSONResponse:
    """The report of an import that was kept, for those who could have made it."""
    with session_of(engine) as session:
        layer, town = layer_and_town(session, batch)
        if layer not in layers.here or not writer.may_load(layers.here[layer], town):
            raise UnknownFeature(f"ไม่มีการนำเข้าหมายเลข {batch}", f"There is no import {batch}")
        return JSONResponse(stored_report(session, batch), headers=PRIVATE)
