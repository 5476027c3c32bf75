"""A town's tax base with one thing changed: a rate, a use, or the year; before and after, exactly or as may be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

import numpy as np

from geo.codes import CodeList
from geo.errors import BadRequest, Text
from geo.tax.kinds import TaxClass
from geo.tax.many import CLASSES, TaxesByClass, Whole, many_taxes_of_parts
from geo.tax.rules import Rules
from geo.tax.town import TownRules
from geo.tax.town_base import USES, Assumed, Farms, Homes, Public, TaxBase, Vacant
from geo.tax.years import read_year, year_said

# What an address or a form says of a scenario, in this order.
WORDS = (
    "year",
    "to_year",
    "class",
    "bracket",
    "percent",
    "use",
    "community",
    "to",
    "homes",
    "farms",
    "vacant",
    "public",
)
ANYWHERE = "all"
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_BRACKET = re.compile("[1-9][0-9]?")

NOTHING_ASSUMED = Assumed()

Choice = TypeVar("Choice", bound=TaxClass | Homes | Farms | Vacant | Public)


@dataclass(frozen=True, kw_only=True)
class RateChange:
    """Another rate, in percent, for one bracket (counted from 1) of a class."""

    kind: TaxClass
    bracket: int
    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class UseChange:
    """All parcels of a use, in one community or everywhere (None), become a class."""

    use: str
    community: int | None
    to: TaxClass


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is compared with what: the tax of `year`, and the same with the changes, in `to_year` (often the same)."""

    year: int
    to_year: int
    rate: RateChange | None = None
    use: UseChange | None = None
    assumed: Assumed = NOTHING_ASSUMED

    @property
    def changes(self) -> bool:
        """Whether anything is changed at all."""
        return self.rate is not None or self.use is not None or self.year != self.to_year


@dataclass(frozen=True, kw_only=True)
class Run:
    """Parcels with their tax by class before and after, satang; what they are told as; doubts."""

    base: TaxBase
    parts_after: Whole
    before: TaxesByClass
    after: TaxesByClass

    @property
    def before_satang(self) -> Whole:
        """The tax of each parcel before."""
        return self.before.all.tax_satang

    @property
    def after_satang(self) -> Whole:
        """The tax of each parcel after."""
        return self.after.all.tax_satang


def scenario_in(words: Mapping[str, str], *, year: int) -> tuple[Scenario, tuple[Text, ...]]:
    """A scenario as an address says it (`year` where it says none), and what was read otherwise than written.

    BadRequest for what is none: half a rate, half a use, a rate above the Act's ceiling.
    """
    told: list[Text] = []

    def a_year(name: str, otherwise: int) -> int:
        if not words.get(name, "").strip():
            return otherwise
        found, converted = read_year(words[name])
        told.extend([converted] if converted else [])
        return found

    first = a_year("year", year)
    found = Scenario(
        year=first, to_year=a_year("to_year", first), rate=_rate_in(words), use=_use_in(words),
        assumed=Assumed(
            homes=_one_of(Homes, words, "homes") or Homes.ASKED, farms=_one_of(Farms, words, "farms") or Farms.ASKED,
            vacant=_one_of(Vacant, words, "vacant") or Vacant.ASKED,
            public=_one_of(Public, words, "public") or Public.EXEMPT,
        ),
    )  # fmt: skip
    return found, tuple(told)


def as_words(scenario: Scenario) -> dict[str, str]:
    """The same back, without what is as usual."""
    found = {"year": str(scenario.year)}
    if scenario.to_year != scenario.year:
        found["to_year"] = str(scenario.to_year)
    if (rate := scenario.rate) is not None:
        found |= {"class": str(rate.kind), "bracket": str(rate.bracket), "percent": str(rate.percent)}
    if (use := scenario.use) is not None:
        found |= {
            "use": use.use,
            "community": ANYWHERE if use.community is None else str(use.community),
            "to": str(use.to),
        }
    usual, assumed = NOTHING_ASSUMED, scenario.assumed
    for name in ("homes", "farms", "vacant", "public"):
        if getattr(assumed, name) is not getattr(usual, name):
            found[name] = str(getattr(assumed, name))
    return found


def told_of(scenario: Scenario, communities: Mapping[int, str]) -> Text:
    """A scenario in words."""
    said = year_said(scenario.year)
    th, en = [said.th], [said.en]
    if scenario.to_year != scenario.year:
        later = year_said(scenario.to_year)
        th, en = [f"{said.th} เทียบกับ {later.th}"], [f"{said.en} against {later.en}"]
    if (rate := scenario.rate) is not None:
        th.append(f"อัตรา{rate.kind.label.th} ขั้นที่ {rate.bracket} เป็นร้อยละ {rate.percent}")
        en.append(f"rate of {rate.kind.label.en}, bracket {rate.bracket}: {rate.percent}%")
    if (use := scenario.use) is not None:
        label = CodeList.read("land_use").label(use.use)
        where = communities.get(use.community, str(use.community)) if use.community is not None else None
        th.append(f"แปลงที่ใช้เป็น{label.th} {'ใน' + where if where else 'ทุกชุมชน'} เป็น{use.to.label.th}")
        en.append(f"parcels of {label.en} {'in ' + where if where else 'everywhere'} become {use.to.label.en}")
    return Text(" · ".join(th), " · ".join(en))


def run(base: TaxBase, later: TaxBase, scenario: Scenario, town: TownRules) -> Run:
    """The taxes before and after, of the parcels that can be reckoned in both years; BadRequest for a bad change.

    `base` is that of the scenario's year and `later` that of its later year (the same one where they are the same).
    """
    if later is not base:
        _, here, there = np.intersect1d(base.id, later.id, assume_unique=True, return_indices=True)
        base, later = base.only(here), later.only(there)
    before = many_taxes_of_parts(base.parts_satang, base.vacant_years, scenario.year, town=town.town, rules=town.rules)
    parts, years = later.parts_satang, later.vacant_years
    if (use := scenario.use) is not None:
        chosen = later.use == USES.index(use.use)
        if use.community is not None:
            chosen &= later.community == use.community
        worth = parts.sum(axis=1)[chosen]
        parts, years = parts.copy(), years.copy()
        parts[chosen] = 0
        parts[chosen, CLASSES.index(use.to)] = worth
        years[chosen] = 1 if use.to is TaxClass.VACANT else 0
    rules = with_rate(town.rules, scenario.rate, scenario.to_year) if scenario.rate else town.rules
    if parts is base.parts_satang and rules is town.rules and scenario.to_year == scenario.year:
        return Run(base=base, parts_after=parts, before=before, after=before)
    after = many_taxes_of_parts(parts, years, scenario.to_year, town=town.town, rules=rules)
    return Run(base=base, parts_after=parts, before=before, after=after)


def with_rate(rules: Rules, change: RateChange, year: int) -> Rules:
    """The rules with another rate in one bracket of a year; BadRequest where there is none, or above the ceiling."""
    brackets = rules.brackets(change.kind, year)
    if not 1 <= change.bracket <= len(brackets):
        raise BadRequest(
            f"{change.kind.label.th} มี {len(brackets)} ขั้น", f"{change.kind.label.en} has {len(brackets)} brackets"
        )
    ceiling = change.kind.ceiling_percent
    if change.percent > ceiling:
        raise BadRequest(
            f"อัตราเกินเพดานร้อยละ {ceiling} ของพระราชบัญญัติ", f"The rate is above the Act's ceiling of {ceiling}%"
        )
    old = brackets[change.bracket - 1]
    # Two rows may say the same; the one that is meant is this very one.
    new = tuple(replace(one, percent=change.percent) if one is old else one for one in rules.rates)
    return replace(rules, rates=new, version=f"{rules.version}+")


def _rate_in(words: Mapping[str, str]) -> RateChange | None:
    kind, said = _one_of(TaxClass, words, "class"), words.get("percent", "").strip()
    if kind is None and not said:
        return None
    if kind is None or not said:
        raise BadRequest("เปลี่ยนอัตราต้องบอกทั้งประเภท ขั้น และร้อยละ", "A rate needs a class, a bracket and a percentage")
    bracket = words.get("bracket", "").strip() or "1"
    if not (_PERCENT.fullmatch(said) and _BRACKET.fullmatch(bracket)):
        raise BadRequest(
            f"ขั้น “{bracket[:20]}” หรือร้อยละ “{said[:20]}” ใช้ไม่ได้ (ทศนิยมไม่เกิน 4)",
            f"The bracket “{bracket[:20]}” or percentage “{said[:20]}” cannot be used (at most 4 decimals)",
        )
    return RateChange(kind=kind, bracket=int(bracket), percent=Decimal(said))


def _use_in(words: Mapping[str, str]) -> UseChange | None:
    use, to = words.get("use", "").strip(), _one_of(TaxClass, words, "to")
    if not use and to is None:
        return None
    if not use or to is None:
        raise BadRequest("เปลี่ยนการใช้ต้องบอกทั้งการใช้เดิมและประเภทใหม่", "A change of use needs the use and the new class")
    if use not in USES:
        raise BadRequest(f"ไม่รู้จักการใช้ {use[:40]!r}", f"The use {use[:40]!r} is not known")
    where = words.get("community", "").strip() or ANYWHERE
    if where == ANYWHERE:
        return UseChange(use=use, community=None, to=to)
    if not (where.isascii() and where.isdigit() and len(where) < 19):
        raise BadRequest(f"ไม่รู้จักชุมชน {where[:40]!r}", f"The community {where[:40]!r} is not known")
    return UseChange(use=use, community=int(where), to=to)


def _one_of(kind: type[Choice], words: Mapping[str, str], name: str) -> Choice | None:
    written = words.get(name, "").strip()
    if not written:
        return None
    try:
        return kind(written)
    except ValueError:
        raise BadRequest(f"{name}: ไม่รู้จัก {written[:40]!r}", f"{name}: {written[:40]!r} is not known") from None
