"""Numbers written as text: doubles in the fewest digits that read back the same, coordinates rounded to decimals.

The doubles are R. Giulietti's Schubfach ("The Schubfach way to render doubles", 2020): the text is Python's own
`repr`, so that a feature is the same number here and in `json.dumps`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled

_LEAST_POWER, _MOST_POWER = -292, 324


def _powers() -> Any:
    """Ten to each power as 128 bits, the first of them set, rounded up; high half and low half."""
    table = np.empty((_MOST_POWER - _LEAST_POWER + 1, 2), np.uint64)
    for power in range(_LEAST_POWER, _MOST_POWER + 1):
        bits = ((power * 1741647) >> 19) - 127
        top, bottom = 10 ** max(power, 0), 10 ** max(-power, 0)
        top, bottom = top << max(-bits, 0), bottom << max(bits, 0)
        one = -(-top // bottom)
        table[power - _LEAST_POWER] = (one >> 64, one & (2**64 - 1))
    return table


_POWERS = _powers()
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_PAIRS = np.frombuffer(b"".join(b"%02d" % pair for pair in range(100)), np.uint8).copy()
_TENS = np.array([10.0**power for power in range(23)])
_WHOLE_TENS = np.array([10**power for power in range(19)], np.int64)


@compiled()
def product(a: Any, b: Any) -> Any:
    """Two 64-bit numbers multiplied: the high and the low 64 bits."""
    a_low, a_high, b_low, b_high = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> _HALF)
    other = a_low * b_high + (middle & _LOW)
    return a_high * b_high + (middle >> _HALF) + (other >> _HALF), (other << _HALF) | (low & _LOW)


@compiled()
def _rounded_to_odd(power: Any, c: Any) -> Any:
    high_of_low, _ = product(_POWERS[power, 1], c)
    high, low = product(_POWERS[power, 0], c)
    middle = low + high_of_low
    if middle < low:
        high += np.uint64(1)
    return high | np.uint64(middle > np.uint64(1))


@compiled()
def shortest(bits: Any) -> Any:
    """The digits and the power of ten of a finite double above nothing, given as its bits."""
    one, two, four, ten = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(10)
    fraction = bits & np.uint64(0xFFFFFFFFFFFFF)
    exponent = np.int64((bits >> np.uint64(52)) & np.uint64(0x7FF))
    if exponent != 0:
        c, q = fraction | np.uint64(0x10000000000000), exponent - 1075
        if 0 <= -q < 53 and (c & ((one << np.uint64(-q)) - one)) == np.uint64(0):
            return c >> np.uint64(-q), np.int64(0)
    else:
        c, q = fraction, np.int64(-1074)
    odd = c & one
    closer = fraction == np.uint64(0) and exponent > 1
    k = (q * 1262611 - (524031 if closer else 0)) >> 22
    h = np.uint64(q + ((-k * 1741647) >> 19) + 1)
    power = -k - _LEAST_POWER
    below = four * c - two
    if closer:
        below += one
    lower = _rounded_to_odd(power, below << h) + odd
    middle = _rounded_to_odd(power, (four * c) << h)
    upper = _rounded_to_odd(power, (four * c + two) << h) - odd
    s = middle // four
    if s >= ten:
        tenth = s // ten
        down, up = lower <= np.uint64(40) * tenth, np.uint64(40) * tenth + np.uint64(40) <= upper
        if down != up:
            return (tenth + one if up else tenth), k + 1
    down, up = lower <= four * s, four * s + four <= upper
    if down != up:
        return (s + one if up else s), k
    half = four * s + two
    if middle > half or (middle == half and (s & one) != np.uint64(0)):
        s += one
    return s, k


@compiled()
def put_digits(out: Any, at: Any, number: Any) -> Any:
    """A whole number not below nothing (uint64), in decimal digits; where it ends."""
    ten = np.uint64(10)
    length, left = 1, number // ten
    while left != np.uint64(0):
        left //= ten
        length += 1
    for place in range(at + length - 1, at - 1, -1):
        rest = number // ten
        out[place] = np.uint8(48) + np.uint8(number - rest * ten)
        number = rest
    return at + length


@compiled()
def put_whole(out: Any, at: Any, number: Any) -> Any:
    """A whole number (int64)."""
    if number < 0:
        out[at] = 45
        return put_digits(out, at + 1, np.uint64(-(number + 1)) + np.uint64(1))
    return put_digits(out, at, np.uint64(number))


@compiled()
def put_double(out: Any, at: Any, bits: Any) -> Any:
    """A double as Python's `repr` has it, `null` where it is no number; at most 26 bytes."""
    if (bits >> np.uint64(52)) & np.uint64(0x7FF) == np.uint64(0x7FF):
        out[at], out[at + 1], out[at + 2], out[at + 3] = 110, 117, 108, 108
        return at + 4
    if bits >> np.uint64(63):
        out[at] = 45
        at += 1
        bits &= np.uint64(0x7FFFFFFFFFFFFFFF)
    if bits == np.uint64(0):
        out[at], out[at + 1], out[at + 2] = 48, 46, 48
        return at + 3
    digits, power = shortest(bits)
    while digits % np.uint64(10) == np.uint64(0):
        digits //= np.uint64(10)
        power += 1
    end = put_digits(out, at, digits)
    return _with_point(out, at, end, end - at + power)


@compiled()
def _moved(out: Any, start: Any, end: Any, by: Any) -> None:
    for place in range(end - 1, start - 1, -1):
        out[place + by] = out[place]


@compiled()
def _with_point(out: Any, at: Any, end: Any, point: Any) -> Any:
    """Digits that are written already, with the point behind so many of them, or an exponent."""
    length = end - at
    if point > 16 or point < -3:
        if length > 1:
            _moved(out, at + 1, end, 1)
            out[at + 1] = 46
            end += 1
        out[end], out[end + 1] = 101, 43 if point > 0 else 45
        exponent = abs(point - 1)
        if exponent < 10:
            out[end + 2] = 48
            return put_digits(out, end + 3, np.uint64(exponent))
        return put_digits(out, end + 2, np.uint64(exponent))
    if point <= 0:
        _moved(out, at, end, 2 - point)
        out[at], out[at + 1] = 48, 46
        for place in range(at + 2, at + 2 - point):
            out[place] = 48
        return end + 2 - point
    if point >= length:
        for place in range(end, at + point):
            out[place] = 48
        out[at + point], out[at + point + 1] = 46, 48
        return at + point + 2
    _moved(out, at + point, end, 1)
    out[at + point] = 46
    return end + 1


@compiled()
def scaled(value: Any, digits: Any) -> Any:
    """A coordinate times a power of ten, rounded as its exact decimal value says (half to even)."""
    ten = _TENS[digits]
    told = value * ten
    near = np.rint(told)
    if abs(abs(told - near) - 0.5) < 1e-3:
        # What the multiplication lost (Dekker 1971), where it decides.
        split = 134217729.0
        high = value * split
        high = high - (high - value)
        low = value - high
        ten_high = ten * split
        ten_high = ten_high - (ten_high - ten)
        ten_low = ten - ten_high
        lost = ((high * ten_high - told) + high * ten_low + low * ten_high) + low * ten_low
        floor = np.floor(told)
        over = (told - floor) - 0.5
        if over + lost > 0 or (over + lost == 0 and np.int64(floor) % 2 != 0):
            near = floor + 1
        else:
            near = floor
    return np.int64(near)


@compiled()
def put_scaled(out: Any, at: Any, number: Any, digits: Any) -> Any:
    """A whole number over a power of ten, without needless zeros."""
    if number < 0:
        out[at] = 45
        at += 1
        number = -number
    left, ten = np.uint64(number), np.uint64(_WHOLE_TENS[digits])
    whole = left // ten
    rest = np.uint32(left - whole * ten)
    at = put_digits(out, at, whole)
    if rest == np.uint32(0):
        return at
    out[at] = 46
    end = at + 1 + digits
    place = end
    while place > at + 2:
        hundreds = rest // np.uint32(100)
        pair = 2 * np.int64(rest - hundreds * np.uint32(100))
        place -= 2
        out[place], out[place + 1] = _PAIRS[pair], _PAIRS[pair + 1]
        rest = hundreds
    if place > at + 1:
        out[at + 1] = np.uint8(48) + np.uint8(rest)
    while out[end - 1] == 48:
        end -= 1
    return end


@compiled()
def put_coordinate(out: Any, at: Any, value: Any, digits: Any) -> Any:
    """A coordinate rounded to so many decimals; at most 26 bytes."""
    if abs(value) * _TENS[digits] < 4e15:
        return put_scaled(out, at, scaled(value, digits), digits)
    return put_double(out, at, np.float64(value).view(np.uint64))


@compiled()
def number_of(bits: Any) -> Any:
    """Whether a double's bits are a number: neither NaN nor an infinity."""
    return (bits >> np.uint64(52)) & np.uint64(0x7FF) != np.uint64(0x7FF)


@compiled()
def nearest_double(digits: Any, power: Any) -> Any:
    """The bits of the double nearest to digits times a power of ten, not below nothing.

    Where both are doubles themselves one division says it; else D. Lemire, "Number parsing at a gigabyte per second".
    """
    one = np.uint64(1)
    if digits == np.uint64(0) or power < _LEAST_POWER:
        return np.uint64(0)
    if digits < np.uint64(2**53) and -22 <= power <= 22:
        whole = np.float64(digits)
        return np.float64(whole * _TENS[power] if power >= 0 else whole / _TENS[-power]).view(np.uint64)
    if power > 308:
        return np.uint64(0x7FF0000000000000)
    free = np.uint64(0)
    while digits >> np.uint64(63) == np.uint64(0):
        digits <<= one
        free += one
    high, low = product(digits, _POWERS[power - _LEAST_POWER, 0])
    more, _ = product(digits, _POWERS[power - _LEAST_POWER, 1])
    low += more
    if low < more:
        high += one
    top = high >> np.uint64(63)
    shift = top + np.uint64(9)
    fraction = high >> shift
    exponent = ((217706 * power) >> 16) + 1086 + np.int64(top) - np.int64(free)
    if exponent <= 0:
        return np.uint64(0)
    is_half = low <= one and -4 <= power <= 23 and fraction & np.uint64(3) == one and fraction << shift == high
    if not is_half:
        fraction += fraction & one
    fraction >>= one
    if fraction >= np.uint64(2**53):
        fraction, exponent = fraction >> one, exponent + 1
    if exponent >= 2047:
        return np.uint64(0x7FF0000000000000)
    return (fraction & np.uint64(2**52 - 1)) | (np.uint64(exponent) << np.uint64(52))
