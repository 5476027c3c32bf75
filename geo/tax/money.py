"""Baht as exact decimals: nothing is rounded on the way, and only stated money is brought to whole satang."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, Inexact, InvalidOperation

from geo.errors import BadRequest, Text
from geo.tax.settings import Rounding

# An answer that did not fit would be a silent rounding, so it is an error; what is let in is far smaller.
_EXACT = Context(prec=120, traps=[Inexact, InvalidOperation])
_WIDE = Context(prec=120, traps=[InvalidOperation])
_MODES = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.DOWN: ROUND_DOWN, Rounding.UP: ROUND_UP}
SATANG = Decimal("0.01")
# What one value or price may be, baht: with the highest rate it stays far within 64 bits of satang.
MOST_BAHT = 10**11
MOST_AREA = 10**9
ZERO = Decimal(0)


def exact(what: Text, given: object, *, decimals: int = 6, most: int = MOST_BAHT) -> Decimal:
    """A number that was handed in; BadRequest for a float, a negative, one beyond `most` or with more decimals."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise BadRequest(
            f"{what.th} ต้องเป็นจำนวนเต็มหรือทศนิยมแน่นอน (ไม่รับ float)",
            f"{what.en} must be a whole number or a Decimal, never a float",
        )
    number = Decimal(given)
    if not number.is_finite() or not 0 <= number <= most:
        raise BadRequest(f"{what.th} ต้องอยู่ระหว่าง 0 ถึง {most:,}", f"{what.en} must be between 0 and {most:,}")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > decimals:
        raise BadRequest(f"{what.th} มีทศนิยมเกิน {decimals} ตำแหน่ง", f"{what.en} has more than {decimals} decimals")
    return number


def product(*numbers: Decimal | int) -> Decimal:
    """The exact product."""
    found = Decimal(1)
    for number in numbers:
        found = _EXACT.multiply(found, Decimal(number))
    return found


def total(numbers: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = ZERO
    for number in numbers:
        found = _EXACT.add(found, number)
    return found


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """That many percent of an amount, exactly."""
    return product(amount, percent).scaleb(-2, _EXACT)


def stated(baht: Decimal, rounding: Rounding) -> Decimal:
    """An amount as it stands on paper, in whole satang."""
    return baht.quantize(SATANG, rounding=_MODES[rounding], context=_WIDE)


def satang(baht: Decimal) -> int:
    """Stated baht as whole satang."""
    return int(baht.scaleb(2, _EXACT))


def baht(satang: int) -> Decimal:
    """Whole satang as baht."""
    return Decimal(satang).scaleb(-2, _EXACT)


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """A whole number shared by weights, so that the shares sum to it exactly.

    Each gets its part rounded down; what is left goes one by one to the largest remainders, the earlier of equal ones
    first (the largest-remainder method; no source says another).
    """
    of = sum(weights)
    found = [amount * weight // of for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda one: -(amount * weights[one] % of))
    for one in by_remainder[: amount - sum(found)]:
        found[one] += 1
    return found


def whole_weights(areas: Sequence[Decimal]) -> list[int]:
    """Areas as whole numbers in the same proportion."""
    return [int(area.scaleb(6, _EXACT)) for area in areas]


def baht_said(amount: Decimal) -> str:
    """An amount for people: at least two decimals, and as many more as it really has."""
    written = f"{amount:,f}"
    whole, _, part = written.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"
