"""The texts that people agreed to, version by version; none is ever altered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.store.duties_tables import ConsentText

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
MOST_WORDS = 6_000


def add_consent_text(session: Session, town: str, code: str, words: str, *, by: str, at: dt.datetime) -> ConsentText:
    """The next version of a text."""
    if not _CODE.fullmatch(code):
        raise BadRequest(
            "รหัสหนังสือยินยอมใช้ a–z 0–9 และ - เช่น household-survey",
            "The code of a consent text has a–z, 0–9 and -, such as household-survey",
        )
    if not words.strip() or len(words) > MOST_WORDS:
        raise BadRequest(
            f"ข้อความต้องมี และยาวไม่เกิน {MOST_WORDS:,} ตัวอักษร", f"The text is needed, of {MOST_WORDS:,} characters at most"
        )
    last = session.scalar(
        select(func.max(ConsentText.version)).where(ConsentText.municipality == town, ConsentText.code == code)
    )
    made = ConsentText(
        municipality=town, code=code, version=(last or 0) + 1, words=words.strip(), made_at=at, made_by=by
    )
    session.add(made)
    session.flush()
    return made


def consent_text(session: Session, town: str | None, named: str) -> ConsentText:
    """The text `code/version` of a town, the newest version where none is named; BadRequest where there is none."""
    code, _, version = named.strip().partition("/")
    query = select(ConsentText).where(ConsentText.municipality == town, ConsentText.code == code)
    if version:
        known = version.isascii() and version.isdigit() and len(version) < 9
        query = query.where(ConsentText.version == (int(version) if known else -1))
    found = session.scalar(query.order_by(ConsentText.version.desc()).limit(1))
    if found is None:
        raise BadRequest(
            f"ไม่มีหนังสือยินยอม {named[:60]!r} ของเทศบาล {town or '–'}",
            f"There is no consent text {named[:60]!r} of municipality {town or '–'}",
        )
    return found


def consent_texts(session: Session, towns: Iterable[str] | None = None) -> list[ConsentText]:
    """Every text, newest version first; of certain towns, or of all."""
    query = select(ConsentText).order_by(ConsentText.municipality, ConsentText.code, ConsentText.version.desc())
    if towns is not None:
        query = query.where(ConsentText.municipality.in_(sorted(towns)))
    return list(session.scalars(query))
