"""The register of processing (section 39): what is held of persons, why, how long, who gets it, who answers for it.

Anybody may read it, in words that name no column. A steward sees the columns of the layers, the imports with their
grounds and what is due to go soon, and changes what a town says of itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from api.definition import JSON_OR_PAGE
from api.deps import Known, MaybeSignedIn, Now, PeopleSession, SignedIn, Steward, WritingEngine
from api.layers import layers_of
from api.negotiation import format_of
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.page_forms import PRIVATE, day_in, done, town_in
from api.people.who import check_act
from api.people.words import AUDIENCES
from geo.errors import BadRequest, Text, UnknownFeature
from geo.layer import Audience, Layer
from geo.people.grants import BANGKOK
from geo.personal import BASES, SENSITIVE_BASES, Processing
from geo.store import registers
from geo.store.consents import MOST_WORDS, add_consent_text, consent_texts
from geo.store.db import session_of
from geo.store.dossier import imports_of_persons
from geo.store.duties_tables import Controller, Housekeeping
from geo.store.retention import JOB, due
from geo.store.tables import ImportBatch

router = APIRouter(tags=["duties"], dependencies=[Known])

SOON_DAYS = 90
SECURITY = (
    Text(
        "แต่ละช่องข้อมูลระบุผู้มีสิทธิ์เห็น และฐานข้อมูลบังคับซ้ำอีกชั้น",
        "Each value has its audience, and the database enforces it a second time",
    ),
    Text(
        "ทุกการอ่านข้อมูลบุคคลและภาษีถูกบันทึกพร้อมเหตุผล แก้ไขบันทึกไม่ได้",
        "Every reading of persons and taxes is written down with its purpose, beyond altering",
    ),
    Text(
        "สาธารณะได้เพียงจำนวนต่อช่องตั้งแต่ 5 ครัวเรือน เป็นรุ่น ๆ ตามวันที่เผยแพร่",
        "The public gets dated counts per square, from 5 households up",
    ),
    Text(
        "รหัสผ่านเก็บเป็น Argon2id และบังคับใช้รหัสจากแอปได้", "Passwords are kept as Argon2id; one-time codes can be required"
    ),
)
RIGHTS = Text(
    "ท่านมีสิทธิขอเข้าถึง ขอสำเนา แก้ไข ลบ ระงับ คัดค้าน และถอนความยินยอม โดยติดต่อผู้ควบคุมข้อมูล ซึ่งต้องตอบภายใน 30 วัน",
    "You may ask for access, a copy, correction, erasure, restriction, object, and withdraw consent: contact the "
    "controller, who answers within 30 days",
)


@router.get("/processing", response_model=None, responses=JSON_OR_PAGE)
def get_processing(request: Request, me: MaybeSignedIn, session: PeopleSession, now: Now) -> Response:
    """The register of processing; with what only a steward is told, for a steward."""
    wanted = format_of(request)
    steward = me if me is not None and me.audience is Audience.STEWARD else None
    personal = [layer for layer in layers_of(request).here.values() if layer.processing]
    told: dict[str, Any] = {
        "controllers": [_controller(one) for one in registers.controllers(session)],
        "rights": RIGHTS, "security": list(SECURITY),
        "processing": [_processing(layer) for layer in personal],
        "consent_texts": [
            {"municipality": one.municipality, "code": one.code, "version": one.version, "words": one.words,
             "made_on": _day(one.made_at)}
            for one in consent_texts(session)
        ],
    }  # fmt: skip
    if steward is not None:
        told["steward"] = _for_steward(session, steward, personal, now)
    headers = PRIVATE if me is not None else {"Cache-Control": "no-cache"}
    if wanted == "json":
        return JSONResponse(_plain(told), headers=headers)
    return page(request, "processing.html", headers=headers, told=told, bases=BASES, sensitive_bases=SENSITIVE_BASES,
                layers=layers_of(request).here, csrf=cookies.session_csrf(request) if steward else "",
                towns=sorted(steward.areas.towns) if steward else [])  # fmt: skip


def _controller(one: Controller) -> dict[str, str]:
    return {"municipality": one.municipality, "name": one.name, "address": one.address, "officer": one.officer,
            "reached_by": one.reached_by}  # fmt: skip


def _processing(layer: Layer) -> dict[str, Any]:
    said = layer.processing
    assert said is not None
    by_name = [one for one in (Audience.STAFF, Audience.CARE, Audience.TAX)
               if any(words.audience is one for words in layer.fields.values() if words.nature)]  # fmt: skip
    return {
        "layer": layer.id, "title": layer.title, "subjects": said.subjects, "data": said.data, "purpose": said.purpose,
        "lawful_basis": said.basis, "sensitive_basis": said.sensitive_basis, "recipients": said.recipients,
        "kept": kept_words(said), "access": [AUDIENCES[one] for one in by_name or [Audience.STAFF]],
    }  # fmt: skip


def kept_words(said: Processing) -> Text:
    """How long, in words."""
    kept = said.kept
    past = Text(f"ค่าเดิมที่ถูกแก้ {kept.past_years} ปีหลังแก้", f"former values {kept.past_years} years after they changed")
    if kept.years is None:
        return Text(f"ตราบที่ยังอยู่ในทะเบียน; {past.th}", f"as long as it stands in the register; {past.en}")
    parts = Text(f"{kept.years} ปี", f"{kept.years} years")
    if kept.sensitive_years is not None:
        parts = Text(
            f"ข้อมูลอ่อนไหว {kept.sensitive_years} ปี อื่น ๆ {parts.th}",
            f"sensitive {kept.sensitive_years} years, the rest {parts.en}",
        )
    return Text(f"{parts.th} แล้วลบ คงไว้เฉพาะจำนวน; {past.th}", f"{parts.en}, then erased but counted; {past.en}")


def _for_steward(session: Session, me: SignedIn, personal: list[Layer], now: dt.datetime) -> dict[str, Any]:
    on = now.astimezone(BANGKOK).date()
    towns = me.areas.towns
    job = session.get(Housekeeping, JOB)
    return {
        "columns": {
            layer.id: [{"name": name, "label": words.label, "nature": words.nature, "audience": words.audience}
                       for name, words in layer.fields.items() if words.nature]
            for layer in personal
        },
        "imports": [_import(batch, consent) for batch, consent in
                    imports_of_persons(session, {layer.id: layer for layer in personal}, towns)[:200]],
        "due_soon": [
            {"layer": one.layer, "municipality": one.municipality, "sensitive": one.sensitive, "persons": one.persons,
             "past": one.past, "by": (on + dt.timedelta(days=SOON_DAYS)).isoformat()}
            for layer in personal for one in due(session, layer, on + dt.timedelta(days=SOON_DAYS))
            if one.municipality in towns
        ],
        "retention_ran_at": job.ran_at.astimezone(BANGKOK).isoformat(timespec="minutes") if job else None,
        "refused_requests": registers.refusals(session, towns),
        "clocks": [vars(one) for one in registers.clocks(session, now, towns)],
    }  # fmt: skip


def _import(batch: ImportBatch, consent: str | None) -> dict[str, Any]:
    return {"batch": batch.id, "layer": batch.layer, "municipality": batch.municipality,
            "loaded_on": _day(batch.loaded_at), "loaded_by": batch.loaded_by, "purpose": batch.purpose,
            "lawful_basis": batch.lawful_basis, "sensitive_basis": batch.sensitive_basis, "consent": consent,
            "retain_until": batch.retain_until.isoformat() if batch.retain_until else None}  # fmt: skip


def _day(at: dt.datetime) -> str:
    return at.astimezone(BANGKOK).date().isoformat()


def _plain(told: Any) -> Any:
    """The same with each pair of words as `th` and `en`."""
    if isinstance(told, Text):
        return {"th": told.th, "en": told.en}
    if isinstance(told, dict):
        return {str(name): _plain(value) for name, value in told.items()}
    return [_plain(one) for one in told] if isinstance(told, list) else told


@router.post(
    "/processing/controller",
    response_model=None,
    openapi_extra=fields("municipality", "name", "address", "officer", "reached_by", optional=("csrf",)),
)
def set_controller(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Say who answers for a town's data, and how a person reaches them."""
    check_act(request, form, me)
    words = {name: needed(form, name) for name in ("name", "address", "officer", "reached_by")}
    with session_of(engine) as session:
        registers.set_controller(session, town_in(form, me), **words, by=me.login, at=now)
    return done(request, "/processing")


@router.post("/processing/consent-texts", response_model=None, status_code=201,
             openapi_extra=fields("municipality", "code", "words", optional=("csrf",), status=201))  # fmt: skip
def add_text(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Keep a text that people agree to; a code that is there already gets its next version."""
    check_act(request, form, me)
    town, code = town_in(form, me), needed(form, "code", most=40)
    with session_of(engine) as session:
        made = add_consent_text(session, town, code, needed(form, "words", most=MOST_WORDS), by=me.login, at=now)
        version = made.version
    return done(request, "/processing#consent", status=201, code=code, version=version)


@router.post("/processing/imports/{batch}", response_model=None,
             openapi_extra=fields("retain_until", "reason", optional=("csrf",)))  # fmt: skip
def set_retention(
    request: Request, batch: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Say until when the personal values of an import stay, and why; the reason is kept."""
    check_act(request, form, me)
    until = day_in(needed(form, "retain_until", most=40), "retain_until")
    if until is None or until <= now.astimezone(BANGKOK).date():
        raise BadRequest("ต้องเป็นวันหลังวันนี้", "The day must lie after today")
    reason = needed(form, "reason")
    with session_of(engine) as session:
        found = session.get(ImportBatch, batch) if 0 < batch < 2**63 else None
        layer = layers_of(request).here.get(found.layer) if found else None
        personal = layer is not None and layer.processing is not None
        if found is None or not personal or found.municipality not in me.areas.towns:
            raise UnknownFeature(f"ไม่มีการนำเข้าหมายเลข {batch}", f"There is no import {batch}")
        was = found.retain_until.isoformat() if found.retain_until else "–"
        found.retain_until = until
        registers.add_note(session, "import", batch, f"{was} → {until.isoformat()}: {reason}", by=me.login, at=now)
    return done(request, "/processing#imports")
