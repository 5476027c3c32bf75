"""A town's settings for its taxes: read as one value, saved part by part, and never lost.

The owner's session reads and writes them, as it does accounts: no role that reads rows has a right to the table. The
route lets in whoever keeps the taxes of that town.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest, LostRace, Text
from geo.store.tax_tables import TaxSetting
from geo.tax.prices import Prices, read_prices
from geo.tax.settings import USUAL, TownTax
from geo.tax.tables import NAMES, rules_with, standard_table
from geo.tax.town import NO_PRICES, TownRules, as_words, choices_in

CHOICES, PRICES = "choices", "prices"
PARTS = (CHOICES, PRICES, *NAMES)
MOST_BYTES = 1024 * 1024
MOST_SHOWN = 200
# One saving of a town's settings at a time: "atlt", and the town.
_LOCK = 0x61746C74


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One saving: its number, which part, when, by whom, why, and whether it went back to what is usual."""

    id: int
    part: str
    at: dt.datetime
    by: str
    reason: str | None
    is_usual: bool


def town_rules(session: Session, municipality: str | None) -> TownRules:
    """How a town works out its taxes now; what is usual where it has set nothing."""
    found = _held(session, municipality) if municipality else {}
    choices = found.get(CHOICES)
    own = {name: one.content["written"].encode() for name, one in found.items() if name in NAMES and one.content}
    prices = found.get(PRICES)
    return TownRules(
        town=choices_in(choices.content)[0] if choices is not None and choices.content else USUAL,
        rules=rules_with(own),
        prices=read_prices(prices.content["written"].encode()) if prices is not None and prices.content else NO_PRICES,
        own_tables=tuple(sorted(own)), is_set=choices is not None and bool(choices.content),
    )  # fmt: skip


def last_saved(session: Session, municipality: str) -> int:
    """The number of a town's newest saving, by which a form says what it was filled in over; 0 before the first."""
    return session.scalar(select(func.max(TaxSetting.id)).where(TaxSetting.municipality == municipality)) or 0


def history(session: Session, municipality: str) -> list[Saved]:
    """What was saved of a town, newest first."""
    query = select(TaxSetting).where(TaxSetting.municipality == municipality).order_by(TaxSetting.id.desc())
    return [
        Saved(id=one.id, part=one.part, at=one.at, by=one.by, reason=one.reason, is_usual=not one.content)
        for one in session.scalars(query.limit(MOST_SHOWN))
    ]


def table_written(session: Session, municipality: str, part: str) -> bytes:
    """A table as the town has it now, or as it comes with the Atlas; an empty table of prices where there is none."""
    if part not in (*NAMES, PRICES):
        raise _no_part(part)
    found = _held(session, municipality).get(part)
    if found is not None and found.content:
        return str(found.content["written"]).encode()
    return standard_table(part) if part in NAMES else b"building_type,baht_per_square_metre,valid_from,valid_to\r\n"


def save_choices(
    session: Session, municipality: str, choices: TownTax, *, by: str, at: dt.datetime, reason: str | None = None,
    over: int | None = None,
) -> int:  # fmt: skip
    """Save what the town chooses; LostRace where somebody has saved something since `over`. Returns its number."""
    return _save(session, municipality, CHOICES, as_words(choices), by=by, at=at, reason=reason, over=over)


def save_prices(
    session: Session, municipality: str, written: bytes, *, by: str, at: dt.datetime, reason: str | None = None,
    over: int | None = None,
) -> tuple[int, Sequence[Text]]:  # fmt: skip
    """Save a table of prices (empty: none); its number, and how it was read. RefusedRates with all that is wrong."""
    read = read_prices(written) if written else Prices(rows=())
    content = {"written": _decoded(written)} if written else {}
    number = _save(session, municipality, PRICES, content, by=by, at=at, reason=reason, over=over)
    return number, read.told


def save_table(
    session: Session, municipality: str, name: str, written: bytes, *, by: str, at: dt.datetime,
    reason: str | None = None, over: int | None = None,
) -> int:  # fmt: skip
    """Save the town's own copy of a table of `data/tax` (empty: back to ours).

    RefusedRates where it is not right, or does not fit the town's other tables.
    """
    if name not in NAMES:
        raise _no_part(name)
    _lock(session, municipality)
    own = {
        one: held.content["written"].encode() for one, held in _held(session, municipality).items()
        if one in NAMES and held.content
    }  # fmt: skip
    own.pop(name, None)
    if written:
        own[name] = written
    rules_with(own)
    content = {"written": written.decode("utf-8-sig")} if written else {}
    return _save(session, municipality, name, content, by=by, at=at, reason=reason, over=over)


def _save(
    session: Session, municipality: str, part: str, content: Mapping[str, Any], *, by: str, at: dt.datetime,
    reason: str | None, over: int | None,
) -> int:  # fmt: skip
    _lock(session, municipality)
    if over is not None and over != last_saved(session, municipality):
        raise LostRace(
            "มีผู้อื่นบันทึกการตั้งค่าไปแล้วระหว่างที่ท่านกรอก โปรดเปิดหน้านี้ใหม่แล้วตรวจอีกครั้ง",
            "Somebody has saved settings since this form was opened; open the page again and look",
        )
    saved = TaxSetting(municipality=municipality, part=part, at=at, by=by, reason=reason, content=dict(content))
    session.add(saved)
    session.flush()
    return saved.id


def _lock(session: Session, municipality: str) -> None:
    """Hold a town's settings until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:town))"), {"lock": _LOCK, "town": municipality})


def _held(session: Session, municipality: str) -> dict[str, TaxSetting]:
    newest = select(func.max(TaxSetting.id)).where(TaxSetting.municipality == municipality).group_by(TaxSetting.part)
    return {one.part: one for one in session.scalars(select(TaxSetting).where(TaxSetting.id.in_(newest)))}


def _decoded(written: bytes) -> str:
    """What was read already, as text; a spreadsheet's own encoding is not kept."""
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        return written.decode("cp874")


def _no_part(part: str) -> BadRequest:
    return BadRequest(f"ไม่รู้จักตาราง {part[:60]!r}", f"The table {part[:60]!r} is not known")
