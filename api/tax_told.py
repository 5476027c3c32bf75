"""The estimate of a parcel and of its signs as a page and as JSON tell it: every figure with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from geo.errors import BadRequest, Text
from geo.render.popup import pair
from geo.store.parcel_register import Board
from geo.tax.estimate import Estimate
from geo.tax.kinds import SignKind
from geo.tax.lines import Line
from geo.tax.lot import Lot, Reckoned, reckoned
from geo.tax.money import MOST_BAHT
from geo.tax.payment import Instalments, Late, Stage, instalments, late
from geo.tax.signs import Sign, SignTax, sign_tax
from geo.tax.town import TownRules
from geo.tax.years import FIRST_BUDDHIST_YEAR, FIRST_YEAR, read_year
from layers import LAYERS

# What somebody may answer for one estimate where the register does not say it; nothing of it is kept.
# The fields are not called as the columns are: the API's own document tells nobody of columns that are not theirs.
ANSWERS = {
    "answer_owner": "owner_kind", "answer_home": "main_home", "answer_vacant": "vacant_since",
    "answer_price": "baht_per_wah",
}  # fmt: skip
LATE_MONTHS = (1, 3)
FACES = Text(
    "ป้ายหลายด้าน: คิดเนื้อที่ทุกด้านรวมกันเป็นป้ายเดียว (ยังไม่ยืนยัน)",
    "A sign of several faces: all faces together as one sign (unconfirmed)",
)


@dataclass(frozen=True, kw_only=True)
class SignTold:
    """A sign with its tax, or what is missing for one."""

    board: Board
    tax: SignTax | None
    asked: tuple[Text, ...]
    doubts: tuple[Text, ...]


@dataclass(frozen=True, kw_only=True)
class ParcelTax:
    """Everything that is told of a parcel's taxes in a year."""

    year: int
    found: Reckoned
    parts: Instalments | None
    late: tuple[Late, ...]
    signs: tuple[SignTold, ...]
    town: TownRules
    answered: tuple[Text, ...]


def parcel_tax(
    lot: Lot, boards: Sequence[Board], year: int, town: TownRules, answered: tuple[Text, ...] = ()
) -> ParcelTax:
    """The estimate of a parcel and its signs in a Gregorian year; BadRequest for a year without rules."""
    found = reckoned(lot, year, town)
    parts: Instalments | None = None
    late_ones: tuple[Late, ...] = ()
    if found.estimate is not None and found.estimate.tax_baht > 0:
        tax = found.estimate.tax_baht
        parts = instalments(tax, year, town=town.town, rules=town.rules)
        late_ones = tuple(
            late(tax, stage, months, year, town=town.town, rules=town.rules)
            for stage in Stage
            for months in LATE_MONTHS
        )
    return ParcelTax(
        year=year, found=found, parts=parts, late=late_ones, signs=tuple(_sign(one, year, town) for one in boards),
        town=town, answered=answered,
    )  # fmt: skip


def _sign(board: Board, year: int, town: TownRules) -> SignTold:
    asked = []
    if board.kind not in tuple(SignKind):
        asked.append(Text("ประเภทของป้าย (อักษรไทยล้วน ปน หรือไม่มี)", "the kind of sign (Thai, mixed or none)"))
    if not board.width_cm or not board.height_cm:
        asked.append(Text("ความกว้างและความสูง (ซม.)", "its width and height (cm)"))
    if asked or board.width_cm is None or board.height_cm is None:
        return SignTold(board=board, tax=None, asked=tuple(asked), doubts=())
    faces = board.faces or 1
    sign = Sign(
        kind=SignKind(board.kind or ""), width_cm=board.width_cm, height_cm=board.height_cm * faces, moving=board.moving
    )
    try:
        tax = sign_tax(sign, year, town=town.town, rules=town.rules)
    except BadRequest as error:
        # The rates of signs begin a year after those of land.
        return SignTold(board=board, tax=None, asked=(error.told,), doubts=())
    doubts = (*((FACES,) if faces > 1 else ()), *tax.unconfirmed)
    return SignTold(board=board, tax=tax, asked=(), doubts=doubts)


def year_asked(written: str | None, *, now: int) -> tuple[int, Text | None]:
    """The tax year that is asked for (this one where none is), and how it was read."""
    return (now, None) if not (written or "").strip() else read_year(written or "")


def years_offered(now: int) -> range:
    """The years that an officer may choose: from the tax's first to the next one."""
    return range(now + 1, FIRST_YEAR - 1, -1)


def with_answers(lot: Lot, form: Mapping[str, str]) -> tuple[Lot, tuple[Text, ...]]:
    """A lot with what somebody answers for this once, and how it was taken; BadRequest for an answer that is none."""
    told: list[Text] = []
    fields = LAYERS["parcel"].fields
    for asked in ("answer_owner", "answer_home"):
        if written := form.get(asked, "").strip():
            name = ANSWERS[asked]
            codes = fields[name].codes
            if codes is None or written not in codes.by_code:
                raise BadRequest(f"{asked}: ไม่รู้จัก {written[:40]!r}", f"{asked}: {written[:40]!r} is not known")
            lot = replace(lot, owner_kind=written) if name == "owner_kind" else replace(lot, main_home=written)
            label, value = fields[name].label, codes.label(written)
            told.append(Text(f"{label.th}: {value.th}", f"{label.en}: {value.en}"))
    if written := form.get("answer_vacant", "").strip():
        year = _since(written)
        lot = replace(lot, vacant_since=year)
        told.append(Text(f"ว่างเปล่าตั้งแต่ปีภาษี {year + 543}", f"vacant since tax year {year}"))
    if written := form.get("answer_price", "").strip():
        price = _price(written)
        lot = replace(lot, baht_per_wah=price)
        told.append(Text(f"ราคาต่อ ตร.ว. {price:,f} บาท", f"{price:,f} baht a square wah"))
    return lot, tuple(told)


def _since(written: str) -> int:
    """A year of vacancy, which may be long before the tax: Gregorian, Buddhist, or Buddhist in short."""
    if written.isascii() and written.isdigit() and len(written) == 4:
        found = int(written) - 543 if int(written) >= FIRST_BUDDHIST_YEAR else int(written)
        if 1900 <= found <= 2200:
            return found
    return read_year(written)[0]


def _price(written: str) -> Decimal:
    try:
        found = Decimal(written.replace(",", "")) if written.isascii() else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 < found <= MOST_BAHT or len(written) > 20:
        raise BadRequest(f"ราคา “{written[:20]}” ใช้ไม่ได้", f"The price “{written[:20]}” cannot be used")
    return found


# --- JSON ------------------------------------------------------------------------------------------------------------


def as_document(fid: int, found: ParcelTax, *, read_as: Text | None) -> dict[str, Any]:
    """The same for programs: baht as decimal text, because a JSON number is a float to most readers."""
    estimate = found.found.estimate
    return {
        "parcel": fid, "year": found.year, "year_buddhist": found.year + 543,
        **({"year_read_as": pair(read_as)} if read_as else {}),
        "rules": found.town.rules.version, "settings": pair(found.town.told),
        "answered": [pair(one) for one in found.answered], "asked": [pair(one) for one in found.found.asked],
        "rests_on": [pair(one) for one in found.found.bases],
        "unconfirmed": [pair(one) for one in found.found.unconfirmed],
        "estimate": _estimate(estimate) if estimate else None,
        "as_exempt": _estimate(found.found.exempt) if found.found.exempt else None,
        "instalments_baht": [f"{one:f}" for one in found.parts.parts_baht] if found.parts else [],
        "late": [
            {"lines": [_line(line) for line in one.lines], "total_baht": f"{one.total_baht:f}"} for one in found.late
        ],
        "signs": [
            {"id": one.board.id, "name": one.board.name, "tax_baht": f"{one.tax.tax_baht:f}" if one.tax else None,
             "lines": [_line(line) for line in one.tax.lines] if one.tax else [],
             "asked": [pair(text) for text in one.asked], "unconfirmed": [pair(text) for text in one.doubts]}
            for one in found.signs
        ],
    }  # fmt: skip


def _estimate(found: Estimate) -> dict[str, Any]:
    return {
        "told": pair(found.told), "base_baht": f"{found.base_baht:f}", "tax_baht": f"{found.tax_baht:f}",
        "classes": [
            {"class": str(one.kind), "label": pair(one.kind.label), "value_baht": f"{one.value_baht:f}",
             "exempt_baht": f"{one.exempt_baht:f}", "taxed_baht": f"{one.taxed_baht:f}",
             "tax_baht": f"{one.tax_baht:f}"}
            for one in found.taxed
        ],
        "lines": [_line(one) for one in found.lines],
    }  # fmt: skip


def _line(one: Line) -> dict[str, Any]:
    return {
        "step": str(one.step), "told": pair(one.told), "baht": f"{one.baht:f}",
        "of": None if one.of is None else f"{one.of:f}", "percent": None if one.percent is None else f"{one.percent:f}",
        "section": one.section, "source": one.source,
    }  # fmt: skip
