"""Why a file with personal data is taken, and how long its values stay: asked once, before its first row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from geo.errors import BadRequest, Problem, Text
from geo.layer import Layer
from geo.personal import Basis, Nature, Processing, SensitiveBasis, basis_in, sensitive_basis_in
from geo.store.batches import Grounds
from geo.store.consents import consent_text
from geo.store.retention import due
from geo.thai_dates import DateOrder, read_date

MOST_OF_A_PURPOSE = 300


@dataclass(frozen=True, kw_only=True)
class SaidGrounds:
    """What whoever brings a file says of it, as written; what is left out is as the layer says.

    `consent` is the code and version of the text that the people in it agreed to, such as `household-survey/2`.
    """

    purpose: str | None = None
    basis: str | None = None
    sensitive_basis: str | None = None
    consent: str | None = None
    retain_until: str | None = None

    def __bool__(self) -> bool:
        return any(vars(self).values())


def grounds(
    session: Session, layer: Layer, fed: frozenset[str], said: SaidGrounds, *, town: str | None, on: dt.date
) -> tuple[Grounds | None, list[Problem]]:
    """The grounds of a load that feeds these columns, and what should be known of them; None where no one is in it."""
    processing = layer.processing
    if processing is None:
        if said:
            raise BadRequest(
                f"ชั้น {layer.id} ไม่มีข้อมูลส่วนบุคคล ไม่ต้องระบุฐานทางกฎหมาย",
                f"The layer {layer.id} holds no personal data; say nothing of a lawful basis",
            )
        return None, []
    basis = basis_in(said.basis) if said.basis else processing.basis
    sensitive = _sensitive_basis(layer, processing, fed, said)
    text = consent_text(session, town, said.consent) if said.consent else None
    consenting = basis is Basis.CONSENT or sensitive is SensitiveBasis.EXPLICIT_CONSENT
    problems = []
    if consenting and text is None:
        if said.basis == Basis.CONSENT or said.sensitive_basis == SensitiveBasis.EXPLICIT_CONSENT:
            raise BadRequest(
                "ฐานคือความยินยอม ต้องระบุหนังสือยินยอมและฉบับ เช่น --consent household-survey/2",
                "The basis is consent: name the text and its version, such as --consent household-survey/2",
            )
        problems.append(Problem(code="no-consent-text", told=_NO_TEXT))
    until = _until(said.retain_until, on)
    return Grounds(
        purpose=_purpose(said.purpose) or str(processing.purpose), basis=basis, sensitive_basis=sensitive,
        consent_text_id=text.id if text else None, retain_until=until,
    ), problems  # fmt: skip


def past_their_time(session: Session, layer: Layer, said: Grounds | None, *, on: dt.date) -> list[Problem]:
    """A word about rows whose values the retention job would take out tonight."""
    kept = layer.processing.kept if layer.processing else None
    if said is None or said.retain_until is not None or kept is None or kept.years is None:
        return []
    rows = sum(max(one.persons, one.sensitive) for one in due(session, layer, on))
    told = Text(
        f"{rows:,} แถวเก่าเกินเวลาที่ให้เก็บข้อมูลส่วนบุคคล ระบบจะลบค่าเหล่านั้นภายในหนึ่งวัน (ถ้าต้องเก็บต่อ ให้นำเข้าด้วย --retain-until)",
        f"{rows:,} rows are older than personal values are kept; those go within a day (--retain-until keeps them)",
    )
    return [Problem(code="past-its-time", told=told)] if rows else []


_NO_TEXT = Text(
    "มีข้อมูลอ่อนไหวโดยอาศัยความยินยอม แต่ไม่ได้ระบุหนังสือยินยอม (--consent รหัส/ฉบับ หรือ --sensitive-basis)",
    "sensitive data on explicit consent, and no consent text was named (--consent CODE/VERSION, or --sensitive-basis)",
)


def _sensitive_basis(
    layer: Layer, processing: Processing, fed: frozenset[str], said: SaidGrounds
) -> SensitiveBasis | None:
    asked = sensitive_basis_in(said.sensitive_basis) if said.sensitive_basis else None
    if not fed & set(layer.personal(Nature.SENSITIVE)):
        return None
    return asked or processing.sensitive_basis


def _purpose(written: str | None) -> str | None:
    purpose = " ".join((written or "").split())
    if len(purpose) > MOST_OF_A_PURPOSE:
        raise BadRequest(
            f"วัตถุประสงค์ยาวเกิน {MOST_OF_A_PURPOSE} ตัวอักษร", f"The purpose is longer than {MOST_OF_A_PURPOSE} characters"
        )
    return purpose or None


def _until(written: str | None, on: dt.date) -> dt.date | None:
    if not written:
        return None
    found = read_date(written, DateOrder())
    day = found.value if found.precision == "day" else None
    if day is None or day <= on:
        raise BadRequest(
            "retain_until ต้องเป็นวันหลังวันนี้ เช่น 2572-12-31 หรือ 2029-12-31",
            "retain_until is a day after today, such as 2029-12-31 or 2572-12-31",
        )
    return day
