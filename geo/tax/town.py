"""Everything that a municipality has set or brought along for its taxes, as one value that an estimate is made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from geo.errors import BadRequest, Text
from geo.tax.prices import Prices
from geo.tax.rules import Rules
from geo.tax.settings import USUAL, Months, OddSatang, Rounding, SignParts, TownTax
from geo.tax.tables import standard
from geo.tax.years import read_year

CHOICES = ("rounding", "months", "odd_satang", "sign_parts", "surcharge_ends_at_tax", "confirmed_years")
MOST_YEARS = 50
NO_PRICES = Prices(rows=())

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class TownRules:
    """How a town works out its taxes: its choices, the rule set with its own tables in it, its prices.

    `own_tables` names the tables that are the town's copies; `is_set` says whether it ever chose anything.
    """

    town: TownTax = USUAL
    rules: Rules
    prices: Prices = NO_PRICES
    own_tables: tuple[str, ...] = ()
    is_set: bool = False

    @property
    def told(self) -> Text:
        """Whose rules these are, for people."""
        parts_th = ["ตั้งค่าของเทศบาล" if self.is_set else "ค่าปกติของระบบ (เทศบาลยังไม่ได้ตั้ง)"]
        parts_en = ["the town's own choices" if self.is_set else "the usual choices (the town has set none)"]
        if self.own_tables:
            names = ", ".join(self.own_tables)
            parts_th.append(f"ตารางของเทศบาลเอง: {names}")
            parts_en.append(f"the town's own tables: {names}")
        has_prices = bool(self.prices.rows)
        parts_th.append("ราคาสิ่งปลูกสร้างของเทศบาล" if has_prices else "ยังไม่มีตารางราคาสิ่งปลูกสร้าง")
        parts_en.append("the town's prices of buildings" if has_prices else "no table of building prices yet")
        return Text(" · ".join(parts_th), " · ".join(parts_en))


def usual_rules() -> TownRules:
    """What holds where a town has set nothing."""
    return TownRules(rules=standard())


def choices_in(words: Mapping[str, str]) -> tuple[TownTax, tuple[Text, ...]]:
    """A town's choices as a form has them, and what was read otherwise than written; BadRequest for what is none."""
    years: set[int] = set()
    told: dict[Text, None] = {}
    for written in words.get("confirmed_years", "").replace(",", " ").split():
        year, converted = read_year(written)
        years.add(year)
        if converted is not None:
            told[converted] = None
    if len(years) > MOST_YEARS:
        raise BadRequest(f"ยืนยันได้ไม่เกิน {MOST_YEARS} ปี", f"At most {MOST_YEARS} years can be confirmed")
    found = TownTax(
        rounding=_one_of(Rounding, words, "rounding", USUAL.rounding),
        months=_one_of(Months, words, "months", USUAL.months),
        odd_satang=_one_of(OddSatang, words, "odd_satang", USUAL.odd_satang),
        sign_parts=_one_of(SignParts, words, "sign_parts", USUAL.sign_parts),
        surcharge_ends_at_tax=words.get("surcharge_ends_at_tax", "").strip().lower() in ("1", "true", "yes", "on"),
        confirmed_years=frozenset(years),
    )
    return found, tuple(told)


def as_words(town: TownTax) -> dict[str, str]:
    """The same back, as it is kept."""
    return {
        "rounding": str(town.rounding), "months": str(town.months), "odd_satang": str(town.odd_satang),
        "sign_parts": str(town.sign_parts), "surcharge_ends_at_tax": "yes" if town.surcharge_ends_at_tax else "no",
        "confirmed_years": " ".join(str(year) for year in sorted(town.confirmed_years)),
    }  # fmt: skip


def _one_of(kind: type[Choice], words: Mapping[str, str], name: str, usual: Choice) -> Choice:
    written = words.get(name, "").strip()
    if not written:
        return usual
    try:
        return kind(written)
    except ValueError:
        raise BadRequest(f"{name}: ไม่รู้จัก {written[:40]!r}", f"{name}: {written[:40]!r} is not known") from None
