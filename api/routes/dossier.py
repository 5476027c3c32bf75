"""One person's data: all that is held of a row, handed over; and taken out for good, where they ask for that.

Whoever does it sees every personal column of the layer (the care team, the tax office); an erasure needs the number of
an open request, which a steward wrote down: two persons, and a register that says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.definition import JSON_OR_PAGE
from api.deps import Asking, Known, Me, NamedLayer, Now, PeopleSession, Person, ReadSession, WritingEngine, key_of
from api.negotiation import format_of
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.page_forms import PRIVATE, done
from api.people.who import check_act
from api.people.words import AUDIENCES
from api.routes.processing import RIGHTS, kept_words
from geo.errors import BadRequest, NotYours, Text
from geo.layer import Audience, Layer
from geo.people.grants import BANGKOK
from geo.personal import BASES, SENSITIVE_BASES, Basis, SensitiveBasis
from geo.store import read, registers
from geo.store.db import session_of
from geo.store.dossier import Source, readings, sources
from geo.store.duties_tables import SubjectRequest
from geo.store.erase import erase
from geo.store.past import MOST_VERSIONS, Version, versions
from geo.store.registers import ERASING
from geo.store.write import Act

router = APIRouter(tags=["duties"], dependencies=[Known])

_T = TypeVar("_T")
# The newest that the page shows; the file for machines has all of them.
VERSIONS, SOURCES, READINGS = 10, 20, 50


@dataclass(frozen=True, kw_only=True)
class Newest(Generic[_T]):
    """The newest of a section, the newest first, and how many more there are."""

    shown: Sequence[_T]
    more: int


@router.get("/collections/{collection}/items/{fid}/dossier", response_model=None, responses=JSON_OR_PAGE)
def get_dossier(
    request: Request, layer: NamedLayer, fid: str, me: Me, asking: Asking, session: ReadSession, owner: PeopleSession,
    now: Now,
) -> Response:  # fmt: skip
    """All that is held of one row, for the person it is about: every version, where it came from, who read it."""
    wanted = format_of(request)
    key = _may(layer, fid, asking.audience)
    found = _every_version(session, layer, asking, key)
    present = read.feature(session, layer, asking, key) if found[0].valid_to is None else None
    shown = read.shown_fields(layer, asking)
    came, seen = sources(owner, layer, key), readings(owner, layer, key)
    town = found[0].properties.get("municipality")
    holder = registers.controller(owner, town) if town else None
    if wanted == "html":
        return page(request, "dossier.html", headers=PRIVATE, layer=layer, fid=key, present=present, fields=shown,
                    versions=_newest(found, VERSIONS), sources=_newest(came[::-1], SOURCES),
                    readings=_newest(seen[::-1], READINGS), controller=holder, kept=_kept(layer), rights=RIGHTS,
                    made_at=now.astimezone(BANGKOK), bases=BASES, sensitive_bases=SENSITIVE_BASES,
                    audiences=AUDIENCES, may_erase=Person(name=me.login, signed_in=me).may_edit(layer),
                    csrf=cookies.session_csrf(request) if me.in_browser else "")  # fmt: skip
    document = {
        "made_at": now.astimezone(BANGKOK).isoformat(timespec="seconds"), "layer": layer.id, "id": key,
        "purpose": _pair(layer.processing.purpose) if layer.processing else None, "kept": _pair(_kept(layer)),
        "rights": _pair(RIGHTS),
        "controller": {"name": holder.name, "address": holder.address, "officer": holder.officer,
                       "reached_by": holder.reached_by} if holder else None,
        "geometry": present["geometry"] if present else None,
        "columns": {name: _pair(words.label) for name, words in shown.items()},
        "versions": [_version(one) for one in found],
        "sources": [_source(one) for one in came],
        "readings": [{"at": _moment(one.at), "audience": one.audience, "purpose": one.purpose} for one in seen],
    }  # fmt: skip
    name = f'attachment; filename="{layer.id}-{key}.json"'
    return JSONResponse(document, headers={**PRIVATE, "Content-Disposition": name})


@router.post("/collections/{collection}/items/{fid}/erase", response_model=None,
             openapi_extra=fields("request", optional=("version", "csrf")))  # fmt: skip
def erase_item(
    request: Request, layer: NamedLayer, fid: str, form: SmallForm, me: Me, asking: Asking, session: ReadSession,
    owner: PeopleSession, engine: WritingEngine, now: Now,
) -> Response:  # fmt: skip
    """Take every personal value out of a row and its past, for an open request; the row stays and is counted."""
    check_act(request, form, me)
    key = _may(layer, fid, asking.audience)
    if not Person(name=me.login, signed_in=me).may_edit(layer):
        raise NotYours("สิทธิ์ของท่านไม่ครอบคลุมการแก้ชั้นข้อมูลนี้", "Your grant does not cover changes to this layer")
    newest = versions(session, layer, asking, key, limit=1).versions[0]
    asked = _open_request(owner, needed(form, "request", most=12), newest.properties.get("municipality"))
    act = Act(by=me.login, origin="http", at=now, reason=f"request {asked.id}")
    with session_of(engine) as writing:
        became = erase(writing, layer, key, act=act, request=asked.id, areas=me.areas,
                       expected_version=_version_in(form))  # fmt: skip
    return done(request, f"/collections/{layer.id}/items/{key}/dossier", version=became)


def _every_version(session: Session, layer: Layer, asking: read.Asking, fid: int) -> list[Version]:
    part = versions(session, layer, asking, fid, limit=MOST_VERSIONS)
    found = part.versions
    while part.next_before is not None:
        part = versions(session, layer, asking, fid, limit=MOST_VERSIONS, before=part.next_before)
        found = [*found, *part.versions]
    return found


def _newest(every: Sequence[_T], most: int) -> Newest[_T]:
    return Newest(shown=every[:most], more=max(0, len(every) - most))


def _may(layer: Layer, fid: str, audience: Audience) -> int:
    """The row's key, for an audience that sees all that is personal of this layer."""
    key = key_of(layer, fid)
    if audience in (Audience.PUBLIC, Audience.PARTNER) or not layer.is_personal:
        raise read.no_such(layer, fid)
    unseen = sorted({layer.fields[name].audience for name in layer.personal()} - audience.sees)
    if unseen:
        raise NotYours(
            f"ต้องใช้บทบาท {', '.join(unseen)} จึงจะดูข้อมูลของบุคคลทั้งหมดได้",
            f"All of a person's data is shown to {', '.join(unseen)} alone",
        )
    return key


def _open_request(owner: Session, written: str, town: str | None) -> SubjectRequest:
    number = int(written) if written.isascii() and written.isdigit() else 0
    found = owner.scalar(select(SubjectRequest).where(SubjectRequest.id == number, SubjectRequest.closed_at.is_(None)))
    if found is None or town is None or found.municipality != town or found.kind not in ERASING:
        raise BadRequest(
            f"ไม่มีคำขอลบหรือถอนความยินยอมที่ยังเปิดอยู่หมายเลข {written!r} (ผู้ดูแลบันทึกที่ /requests)",
            f"There is no open request for erasure or withdrawal {written!r} (stewards keep them at /requests)",
        )
    return found


def _version_in(form: dict[str, str]) -> int | None:
    written = form.get("version", "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise BadRequest("version ต้องเป็นจำนวนเต็มบวก", "version must be a positive whole number")
    return int(written)


def _kept(layer: Layer) -> Text:
    return kept_words(layer.processing) if layer.processing else Text("–", "–")


def _version(one: Version) -> dict[str, Any]:
    return {"version": one.version, "valid_from": _moment(one.valid_from), "valid_to": _moment(one.valid_to),
            "operation": one.opened.operation, "reason": one.opened.reason, "properties": one.properties}  # fmt: skip


def _source(one: Source) -> dict[str, Any]:
    basis = _pair(BASES[Basis(one.lawful_basis)]) if one.lawful_basis else None
    sensitive = _pair(SENSITIVE_BASES[SensitiveBasis(one.sensitive_basis)]) if one.sensitive_basis else None
    return {"import": one.batch, "loaded_at": _moment(one.loaded_at), "purpose": one.purpose, "lawful_basis": basis,
            "sensitive_basis": sensitive, "consent": one.consent, "consent_words": one.consent_words,
            "retain_until": one.retain_until.isoformat() if one.retain_until else None}  # fmt: skip


def _pair(told: Text) -> dict[str, str]:
    return {"th": told.th, "en": told.en}


def _moment(at: dt.datetime | None) -> str | None:
    return at.astimezone(BANGKOK).isoformat(timespec="seconds") if at else None
