"""Files of the tax map: sent to be looked at, what was found of them, and how far that is.

Nothing of a file is written before somebody accepts it (`edition_changes.py`). What takes time is done beside the
request (`api/edition_work.py`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.background import BackgroundTask
from starlette.datastructures import FormData, UploadFile

from api.answers import PRIVATE
from api.definition import GEOJSON, JSON, JSON_OR_PAGE, answers, form_answers
from api.deps import Asking, Known
from api.edition_choices import take_options
from api.edition_columns import remember_columns
from api.edition_desk import LAND_OFFICE_TITLE, TheEditionDesk
from api.edition_look import examination_of, look_at
from api.edition_page import edition_page
from api.edition_told import job_told, told
from api.edition_words import LEVELS, STATES
from api.negotiation import format_of, wants_html
from api.pages import page
from api.paging import ThePart
from api.people import cookies
from api.people.forms import WideForm, fields, needed, ticked
from api.people.page_forms import done
from api.routes.imports import plain_name, sent_form
from geo.errors import BadRequest, OutOfTurn, UnknownFeature
from geo.intake.doctor.corrected import write_corrected
from geo.intake.doctor.land_office import KIND as LAND_OFFICE
from geo.intake.editions.compare import begun
from geo.intake.editions.work import from_json
from geo.intake.load import LoadOptions
from geo.shapes.whereabouts import THAI_CRS
from geo.store.db import session_of
from geo.store.editions_books import ask_to_cancel, counts_of, drop, edition_of, editions_of, put_in_line
from geo.store.editions_shown import names_of_towns
from geo.tax.years import read_year

router = APIRouter(tags=["tax map"], dependencies=[Known])

MOST_LISTED = 500
CHUNK = 1024**2
LARGEST = 2**63 - 1
HEADERS = {"Cache-Control": PRIVATE}
GPKG = "application/geopackage+sqlite3"
Number = Annotated[int, PathParameter(ge=1, le=LARGEST)]
_WORDS = ("municipality", "layer", "tax_year", "whole", "crs", "encoding", "sheet", "anywhere", "csrf")
_FORM: dict[str, Any] = {
    "responses": form_answers(201),
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "municipality", "layer"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "municipality": {"type": "string", "description": "the town's registry code, 9098"},
                        "layer": {"type": "string", "description": f"parcel, building … or {LAND_OFFICE}"},
                        "tax_year": {"type": "string", "description": "2570, 70 or 2027"},
                        "whole": {"type": "boolean", "description": "the whole town: what is not in it has ended"},
                        "crs": {"type": "string", "description": "EPSG:24047, where the file does not say"},
                        "encoding": {"type": "string", "description": "cp874, where the bytes are not enough"},
                        "sheet": {"type": "string", "description": "the layer or sheet inside the file"},
                        "anywhere": {"type": "boolean", "description": "take data outside Thailand"},
                        "csrf": {"type": "string"},
                    },
                }
            }
        },
    },
}


@router.get("/imports", response_model=None, responses=JSON_OR_PAGE)
def list_imports(desk: TheEditionDesk, part: ThePart) -> Response:
    """The files that were sent for the towns of your grant, the newest first; and where to send one."""
    with session_of(desk.engine) as session:
        found = editions_of(session, towns=desk.towns, limit=MOST_LISTED) if desk.towns else []
        seen = [one for one in found if desk.may_bring(one.layer, one.municipality)]
        shown = seen[part.offset : part.offset + part.limit]
        if format_of(desk.request) == "json":
            return JSONResponse({"imports": [told(one, desk.now) for one in shown], **part.told(len(seen))},
                                headers=HEADERS)  # fmt: skip
        titles = {one.id: one.title for one in desk.kinds} | {LAND_OFFICE: LAND_OFFICE_TITLE}
        return page(
            desk.request, "imports.html", headers=HEADERS, csrf=cookies.session_csrf(desk.request), editions=shown,
            pages=part.of(len(seen)), states=STATES, titles=titles, systems=list(THAI_CRS.items()),
            towns=list(names_of_towns(session, desk.towns).items()),
        )  # fmt: skip


async def _sent(request: Request, desk: TheEditionDesk) -> AsyncIterator[FormData]:
    """The form, read only for somebody who edits the tax map."""
    desk.check_is_editor()
    async with sent_form(request) as form:
        yield form


@router.post("/editions", response_model=None, status_code=201, openapi_extra=_FORM)
def send_edition(desk: TheEditionDesk, sent: Annotated[FormData, Depends(_sent)]) -> Response:
    """Send a file to be examined and compared; nothing of it is written until it is accepted."""
    words = {name: str(sent[name]) for name in _WORDS if name in sent}
    desk.check(words)
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise BadRequest("ต้องมีช่อง file ที่เป็นไฟล์", "the form needs a field `file` with a file")
    if unknown := sorted({name for name in sent if name not in ("file", *_WORDS)}):
        raise BadRequest(f"ไม่รู้จักช่อง {', '.join(unknown)[:200]}", f"unknown fields: {', '.join(unknown)[:200]}")
    kind, town = needed(words, "layer", most=60), needed(words, "municipality", most=8)
    desk.check_may_bring(kind, town)
    name, year = plain_name(file.filename), words.get("tax_year", "").strip()
    crs, encoding, sheet = (words.get(one, "").strip() or None for one in ("crs", "encoding", "sheet"))
    options = LoadOptions(
        municipality=town, crs=crs, encoding=encoding, sheet=sheet, whole=ticked(words, "whole"),
        anywhere=ticked(words, "anywhere"), by_one_person=True,
    )  # fmt: skip
    with _on_disk(file, name) as path:
        number = begun(
            desk.engine, desk.layers.get(kind, kind), path, options, files=desk.files, by=desk.me.login, at=desk.now,
            tax_year=read_year(year)[0] if year else None, file_name=name,
        )  # fmt: skip
    look_at(desk, number)
    return done(desk.request, f"/editions/{number}", status=201, edition=number, job=f"/jobs/{number}")


@contextmanager
def _on_disk(upload: UploadFile, name: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="atlas-upload-", suffix=Path(name).suffix[:12]) as kept:
        upload.file.seek(0)
        while chunk := upload.file.read(1024**2):
            kept.write(chunk)
        kept.flush()
        yield Path(kept.name)


@router.get("/editions/{number}", response_model=None, responses=JSON_OR_PAGE)
def get_edition(desk: TheEditionDesk, number: Number, asking: Asking) -> Response:
    """A file: what was found of it, and what it would change."""
    with session_of(desk.engine) as session:
        edition = desk.edition(session, number)
        if format_of(desk.request) == "json":
            body = told(edition, desk.now) | {"doctor": edition.doctor, "changes": counts_of(session, number)}
            return JSONResponse(body, headers=HEADERS)
        return edition_page(desk, session, edition, asking)


_JOB = answers(JSON) | {303: {"description": "The page of its file, in a browser"}}


@router.get("/jobs/{number}", response_model=None, responses=_JOB)
def get_job(desk: TheEditionDesk, number: Number) -> Response:
    """How far the work on a file is; a browser is led to its page."""
    if wants_html(desk.request):
        return RedirectResponse(f"/editions/{number}", 303, HEADERS)
    with session_of(desk.engine) as session:
        return JSONResponse(job_told(desk.edition(session, number), desk.now), headers=HEADERS)


@router.get("/editions/{number}/findings/{place}", response_model=None, responses=answers(JSON, GEOJSON, "text/html"))
def get_finding(
    desk: TheEditionDesk, number: Number, place: Annotated[int, PathParameter(ge=1, le=10_000)],
    f: Annotated[str | None, Query(description="html, json, or geojson: its places")] = None,
) -> Response:  # fmt: skip
    """One thing that was found of a file: its rows, and its places as GeoJSON."""
    with session_of(desk.engine) as session:
        edition = desk.edition(session, number)
        findings = (edition.doctor or {}).get("findings", [])
        if place > len(findings):
            raise UnknownFeature(f"ไม่มีเรื่องที่ {place}", f"There is no finding {place}")
        finding = findings[place - 1]
        if f == "geojson":
            return JSONResponse(_places(finding), headers=HEADERS, media_type=GEOJSON)
        if format_of(desk.request) == "json":
            return JSONResponse(finding, headers=HEADERS)
        return page(desk.request, "edition_finding.html", headers=HEADERS, edition=edition, finding=finding,
                    levels=LEVELS, states=STATES)  # fmt: skip


def _places(finding: dict[str, Any]) -> dict[str, Any]:
    """The places of a finding, each with its words for a map's card."""
    found = finding.get("geojson") or {"type": "FeatureCollection", "features": []}
    words = {"level": finding["level"], "th": finding["title"]["th"], "en": finding["title"]["en"]}
    return {**found, "features": [{**one, "properties": {**one["properties"], **words}} for one in found["features"]]}


@router.get("/editions/{number}/corrected.gpkg", response_model=None, responses=answers(GPKG))
def get_corrected(desk: TheEditionDesk, number: Number) -> Response:
    """A corrected copy of the file, with what was found in each row; it is made now and kept nowhere."""
    with session_of(desk.engine) as session:
        edition = desk.edition(session, number)
        layer, name = desk.layers.get(edition.layer), edition.file_name
        options = from_json(edition.options)
    path = desk.files.path(number)
    if layer is None or path is None:
        raise UnknownFeature("ไม่มีไฟล์ให้แก้แล้ว", "There is no file any more of which a copy could be made")
    found = examination_of(desk, layer.id, path, options, file_name=name)
    if found.refused is not None:
        raise OutOfTurn("ไฟล์นี้ยังเปิดไม่ได้ จึงไม่มีฉบับแก้", "This file cannot be taken yet: there is no copy of it to correct")
    with tempfile.TemporaryDirectory(prefix="atlas-corrected-") as folder:
        target = Path(folder) / "corrected.gpkg"
        write_corrected(found, layer, path, target, options, layers=desk.layers, file_name=name)
        # Owners are in it: it has no name any more before the first byte of it goes out, whatever becomes of the rest.
        written = target.open("rb")
    return _streamed(written, f"{Path(name).stem[:80] or 'file'}-corrected.gpkg")


def _streamed(written: BinaryIO, name: str) -> Response:
    """An open file as a download, closed at its end."""
    size = os.fstat(written.fileno()).st_size
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Content-Length": str(size)}
    chunks = iter(partial(written.read, CHUNK), b"")
    return StreamingResponse(
        chunks, media_type=GPKG, headers=HEADERS | headers, background=BackgroundTask(written.close)
    )


@router.post("/editions/{number}/columns", response_model=None, openapi_extra=fields(optional=("csrf",)))
def choose_columns(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Say which column of the file is which (`field.0`, `field.1` …); remembered for the town, and examined again."""
    desk.check(form)
    with session_of(desk.engine) as session:
        remember_columns(desk, session, desk.edition(session, number), form)
        put_in_line(session, number)
    look_at(desk, number)
    return done(desk.request, f"/editions/{number}", edition=number)


@router.post("/editions/{number}/options", response_model=None,
             openapi_extra=fields(optional=("crs", "encoding", "sheet", "anywhere", "csrf")))  # fmt: skip
def choose_options(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Say how the file is to be opened, where it does not say so itself; it is examined again."""
    desk.check(form)
    with session_of(desk.engine) as session:
        take_options(session, desk.edition(session, number), form)
        put_in_line(session, number)
    look_at(desk, number)
    return done(desk.request, f"/editions/{number}", edition=number)


@router.post("/editions/{number}/compare", response_model=None, openapi_extra=fields(optional=("csrf",)))
def compare_again(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Examine the file again, beside what is here now."""
    desk.check(form)
    with session_of(desk.engine) as session:
        desk.edition(session, number)
        put_in_line(session, number)
    look_at(desk, number)
    return done(desk.request, f"/editions/{number}", edition=number)


@router.post("/editions/{number}/cancel", response_model=None, openapi_extra=fields(optional=("csrf",)))
def cancel(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """End the work that is going on; the town's data is as it was."""
    desk.check(form)
    with session_of(desk.engine) as session:
        desk.edition(session, number)
        ask_to_cancel(session, number)
    return done(desk.request, f"/editions/{number}", edition=number)


@router.post("/editions/{number}/drop", response_model=None, openapi_extra=fields(optional=("csrf",)))
def drop_edition(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Lay the file aside and forget it; what was accepted of it stays."""
    desk.check(form)
    with session_of(desk.engine) as session:
        desk.edition(session, number)
        drop(session, number, by=desk.me.login, at=desk.now)
        edition_of(session, number).file_gone_at = desk.now
    desk.files.forget(number)
    return done(desk.request, "/imports", edition=number)
