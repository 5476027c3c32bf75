"""What a municipality decides or knows for itself, because no source that we hold says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rounding(StrEnum):
    """What becomes of parts of a satang, where money is stated."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


class Months(StrEnum):
    """What a month of delay is: from a day to the same day of the next month, or thirty days."""

    CALENDAR = "calendar"
    THIRTY_DAYS = "thirty_days"


class OddSatang(StrEnum):
    """Which instalment takes the satang that three equal ones leave."""

    FIRST = "first"
    LAST = "last"


class SignParts(StrEnum):
    """How a part of 500 cm² counts: as a whole when over half of it, always as a whole, or as what it is."""

    OVER_HALF = "over_half"
    WHOLE = "whole"
    IN_PROPORTION = "in_proportion"


@dataclass(frozen=True, kw_only=True)
class TownTax:
    """How one municipality works out its taxes; whatever no source confirmed is a choice here, and results say so.

    `confirmed_years`: Gregorian tax years for which the town's revenue division has confirmed the tables itself.
    `surcharge_ends_at_tax`: the surcharge of section 70 never exceeds the tax; the text of the section that we hold
    does not say so. `sign_parts` defaults to the Department of Local Administration's answer CC076399.
    """

    rounding: Rounding = Rounding.HALF_UP
    surcharge_ends_at_tax: bool = False
    months: Months = Months.CALENDAR
    odd_satang: OddSatang = OddSatang.LAST
    sign_parts: SignParts = SignParts.OVER_HALF
    confirmed_years: frozenset[int] = frozenset()


USUAL = TownTax()
