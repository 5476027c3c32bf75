"""The registers of requests and of incidents, each with its clock, and who answers for a town's data.

A request is answered within 30 days of the day it came (section 30); the Office is told of an incident within 72 hours
of when the town knew (section 37(4)), unless nobody is at risk. What was done is noted, line by line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from geo.errors import BadRequest, Text, UnknownPerson
from geo.people.grants import BANGKOK
from geo.store.duties_tables import Controller, ErasedRow, Incident, RegisterNote, SubjectRequest

_Entry = TypeVar("_Entry", SubjectRequest, Incident)
REQUEST_DAYS = 30
INCIDENT_HOURS = 72
REQUEST, INCIDENT = "request", "incident"
KINDS = {
    "access": Text("ขอเข้าถึงหรือขอสำเนา (ม.30)", "Access or a copy (s.30)"),
    "portability": Text("ขอรับในรูปแบบที่อ่านด้วยเครื่อง (ม.31)", "A machine-readable copy (s.31)"),
    "objection": Text("คัดค้าน (ม.32)", "Objection (s.32)"),
    "erasure": Text("ขอให้ลบหรือทำให้ระบุตัวไม่ได้ (ม.33)", "Erasure (s.33)"),
    "restriction": Text("ขอให้ระงับการใช้ (ม.34)", "Restriction (s.34)"),
    "correction": Text("ขอให้แก้ให้ถูกต้อง (ม.36)", "Correction (s.36)"),
    "withdrawal": Text("ถอนความยินยอม (ม.19)", "Withdrawal of consent (s.19)"),
}
# What a row may be emptied for.
ERASING = ("erasure", "withdrawal")
OUTCOMES = {"done": Text("ดำเนินการแล้ว", "Done"), "refused": Text("ปฏิเสธ (บันทึกเหตุผล)", "Refused (reason recorded)")}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A clock: open entries and those whose time is over."""

    register: str
    municipality: str
    open: int
    overdue: int


def open_request(
    session: Session, town: str, *, kind: str, subject: str, reached_by: str, asked: str, received_on: dt.date, by: str,
    at: dt.datetime,
) -> SubjectRequest:  # fmt: skip
    """Write a request down; its 30 days run from the day it came."""
    if kind not in KINDS:
        raise BadRequest(f"kind ต้องเป็น {', '.join(KINDS)}", f"kind is one of {', '.join(KINDS)}")
    if received_on > at.astimezone(BANGKOK).date():
        raise BadRequest("วันที่รับคำขออยู่ในอนาคต", "The day it came lies in the future")
    made = SubjectRequest(
        municipality=town, kind=kind, subject=subject, reached_by=reached_by, asked=asked, received_on=received_on,
        due_on=received_on + dt.timedelta(days=REQUEST_DAYS), made_at=at, made_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def close_request(session: Session, request: SubjectRequest, *, outcome: str, reason: str | None, by: str,
                  at: dt.datetime) -> None:  # fmt: skip
    """Answered: done, or refused with the reason that sections 30 and 39(7) ask to be kept."""
    if request.closed_at is not None:
        raise BadRequest("คำขอนี้ปิดแล้ว", "This request is closed already")
    if outcome not in OUTCOMES:
        raise BadRequest(f"outcome ต้องเป็น {', '.join(OUTCOMES)}", f"outcome is one of {', '.join(OUTCOMES)}")
    if outcome == "refused" and not reason:
        raise BadRequest("การปฏิเสธต้องมีเหตุผล", "A refusal needs its reason")
    request.closed_at, request.closed_by, request.outcome, request.reason = at, by, outcome, reason
    session.flush()


def open_incident(
    session: Session, town: str, *, known_at: dt.datetime, what: str, data: str, people: int | None,
    is_high_risk: bool, by: str, at: dt.datetime,
) -> Incident:  # fmt: skip
    """Write an incident down; its 72 hours run from when the town knew of it."""
    if known_at > at:
        raise BadRequest("เวลาที่ทราบเหตุอยู่ในอนาคต", "The time when it became known lies in the future")
    made = Incident(
        municipality=town, known_at=known_at, due_at=known_at + dt.timedelta(hours=INCIDENT_HOURS), what=what,
        data=data, people=people, is_high_risk=is_high_risk, made_at=at, made_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def office_told(session: Session, incident: Incident, *, by: str, at: dt.datetime) -> None:
    """The Office of the Personal Data Protection Committee has been told."""
    if incident.office_told_at is None:
        incident.office_told_at = at
        add_note(session, INCIDENT, incident.id, "แจ้งสำนักงานแล้ว · the Office was told", by=by, at=at)


def people_told(session: Session, incident: Incident, *, by: str, at: dt.datetime) -> None:
    """Those concerned have been told, as they must be where the risk is high."""
    if incident.people_told_at is None:
        incident.people_told_at = at
        add_note(session, INCIDENT, incident.id, "แจ้งเจ้าของข้อมูลแล้ว · those concerned were told", by=by, at=at)


def close_incident(session: Session, incident: Incident, *, reason: str | None, by: str, at: dt.datetime) -> None:
    """End an incident: whoever was not told, and why not, must be said."""
    if incident.closed_at is not None:
        raise BadRequest("เหตุนี้ปิดแล้ว", "This incident is closed already")
    untold = incident.office_told_at is None or (incident.is_high_risk and incident.people_told_at is None)
    if untold and not reason:
        raise BadRequest(
            "ยังไม่ได้แจ้งสำนักงานหรือเจ้าของข้อมูล ต้องบอกเหตุผลก่อนปิด",
            "The Office or those concerned were not told: say why not before closing",
        )
    incident.closed_at, incident.closed_by, incident.reason = at, by, reason
    session.flush()


def request_of(session: Session, towns: Iterable[str], number: int) -> SubjectRequest:
    """A request of one of these towns; `UnknownPerson` where there is none."""
    found = session.get(SubjectRequest, number) if 0 < number < 2**63 else None
    if found is None or found.municipality not in set(towns):
        raise UnknownPerson(f"ไม่มีคำขอหมายเลข {number}", f"There is no request {number}")
    return found


def incident_of(session: Session, towns: Iterable[str], number: int) -> Incident:
    """An incident of one of these towns; `UnknownPerson` where there is none."""
    found = session.get(Incident, number) if 0 < number < 2**63 else None
    if found is None or found.municipality not in set(towns):
        raise UnknownPerson(f"ไม่มีเหตุหมายเลข {number}", f"There is no incident {number}")
    return found


def requests(
    session: Session, towns: Iterable[str], *, limit: int, offset: int = 0
) -> tuple[list[SubjectRequest], int]:
    """A part of them, and how many there are: open ones first, the most urgent at the top; the newest answered next."""
    return _part(session, SubjectRequest, SubjectRequest.due_on, towns, limit, offset)


def incidents(session: Session, towns: Iterable[str], *, limit: int, offset: int = 0) -> tuple[list[Incident], int]:
    """A part of them, and how many there are: open ones first, the most urgent at the top; the newest closed next."""
    return _part(session, Incident, Incident.due_at, towns, limit, offset)


def _part(
    session: Session, table: type[_Entry], due: InstrumentedAttribute[Any], towns: Iterable[str], limit: int,
    offset: int,
) -> tuple[list[_Entry], int]:  # fmt: skip
    here = table.municipality.in_(sorted(towns))
    is_open = table.closed_at.is_(None)
    # Of the closed ones the first three say the same.
    order = (is_open.desc(), case((is_open, due)), case((is_open, table.id)), table.id.desc())
    found = list(session.scalars(select(table).where(here).order_by(*order).limit(limit).offset(offset)))
    return found, session.scalar(select(func.count()).select_from(table).where(here)) or 0


def is_overdue(entry: SubjectRequest | Incident, at: dt.datetime) -> bool:
    """Whether its time is over and it is still open (of an incident: the Office not told)."""
    if isinstance(entry, Incident):
        return entry.closed_at is None and entry.office_told_at is None and at > entry.due_at
    return entry.closed_at is None and at.astimezone(BANGKOK).date() > entry.due_on


def clocks(session: Session, at: dt.datetime, towns: Iterable[str] | None = None) -> list[Running]:
    """How many entries run in each register and town, and how many are overdue."""
    kinds: tuple[tuple[str, Any], ...] = ((REQUEST, SubjectRequest), (INCIDENT, Incident))
    wanted = None if towns is None else set(towns)
    counted: dict[tuple[str, str], list[int]] = {}
    for register, table in kinds:
        for one in session.scalars(select(table).where(table.closed_at.is_(None))):
            if wanted is None or one.municipality in wanted:
                count = counted.setdefault((register, one.municipality), [0, 0])
                count[0] += 1
                count[1] += is_overdue(one, at)
    return [Running(register=register, municipality=town, open=count[0], overdue=count[1])
            for (register, town), count in sorted(counted.items())]  # fmt: skip


def refusals(session: Session, towns: Iterable[str] | None = None) -> dict[str, int]:
    """How many requests each town refused, as the register of processing must say (section 39(7))."""
    counted: dict[str, int] = {}
    for town in session.scalars(select(SubjectRequest.municipality).where(SubjectRequest.outcome == "refused")):
        if towns is None or town in towns:
            counted[town] = counted.get(town, 0) + 1
    return counted


def add_note(session: Session, register: str, entry: int, what: str, *, by: str, at: dt.datetime) -> None:
    """One more line about what was done."""
    session.add(RegisterNote(register=register, entry=entry, what=what, made_at=at, made_by=by))
    session.flush()


def notes(session: Session, register: str, entry: int) -> list[RegisterNote]:
    """What was done, in order."""
    query = select(RegisterNote).where(RegisterNote.register == register, RegisterNote.entry == entry)
    return list(session.scalars(query.order_by(RegisterNote.id)))


def erased_for(session: Session, request: int) -> list[tuple[str, int]]:
    """The rows that were emptied for a request: layer and id."""
    query = select(ErasedRow.layer, ErasedRow.row_id).where(ErasedRow.request_id == request).distinct()
    return [(row.layer, row.row_id) for row in session.execute(query.order_by(ErasedRow.layer, ErasedRow.row_id))]


def controllers(session: Session) -> list[Controller]:
    """Who answers for which town's data."""
    return list(session.scalars(select(Controller).order_by(Controller.municipality)))


def controller(session: Session, town: str) -> Controller | None:
    """Who answers for a town's data, where the town has said so."""
    return session.get(Controller, town)


def set_controller(session: Session, town: str, *, name: str, address: str, officer: str, reached_by: str, by: str,
                   at: dt.datetime) -> None:  # fmt: skip
    """Say who answers for a town's data."""
    session.merge(Controller(municipality=town, name=name, address=address, officer=officer, reached_by=reached_by,
                             made_at=at, made_by=by))  # fmt: skip
    session.flush()
