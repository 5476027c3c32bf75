"""One value of a row, from PostgreSQL's bytes to JSON.

Numbers are numbers, days and instants ISO 8601 text (instants in UTC), lists of text are lists; what JSON has no word
for (NaN, infinities) is null.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.decimals import nearest_double, put_digits, put_double, put_whole
from geo.encode.kernels.memory import long_from_right, store_long
from geo.encode.kernels.records import (
    BOOL,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    JSON,
    JSONB,
    NUMERIC,
    TEXTS,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    int_at,
    long_at,
    put,
    short_at,
    whole_at,
)

DAY = np.int64(86_400_000_000)
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8).copy()


@compiled()
def most_bytes(buffer: Any, start: Any, length: Any, kind: Any) -> Any:
    """The most bytes a value can take as JSON."""
    if kind == NUMERIC and length >= 8:
        # Four digits for two bytes, and the zeros that lie between them and the point.
        return 2 * length + 4 * abs(short_at(buffer, start + 2)) + 64
    return 6 * max(length, 0) + 64


@compiled()
def put_json(out: Any, at: Any, buffer: Any, start: Any, length: Any, kind: Any) -> Any:
    """A value as JSON; where it ends. There is room for `most_bytes`."""
    if length < 0:
        return _put_null(out, at)
    if kind == INT8 or kind == INT4 or kind == INT2:
        return put_whole(out, at, whole_at(buffer, start, kind))
    if kind == FLOAT8:
        return put_double(out, at, long_at(buffer, start))
    if kind == FLOAT4:
        return put_double(out, at, np.float64(single_at(buffer, start)).view(np.uint64))
    if kind == NUMERIC:
        return put_numeric(out, at, buffer, start, length)
    if kind == BOOL:
        return _put_bool(out, at, buffer[start] != 0)
    if kind == JSON:
        return put(out, at, buffer, start, length)
    if kind == JSONB:
        return put(out, at, buffer, start + 1, length - 1) if length > 1 else _put_null(out, at)
    if kind == TEXTS:
        return _put_texts(out, at, buffer, start, length)
    if kind == DATE or kind == TIMESTAMP or kind == TIMESTAMPTZ or kind == UUID:
        out[at] = 34
        end = put_plain(out, at + 1, buffer, start, kind)
        if end == at + 1:
            return _put_null(out, at)
        out[end] = 34
        return end + 1
    return put_text(out, at, buffer, start, length)


@compiled()
def single_at(buffer: Any, at: Any) -> Any:
    """A float of four bytes."""
    return np.uint32(int_at(buffer, at) & 0xFFFFFFFF).view(np.float32)


@compiled()
def _put_null(out: Any, at: Any) -> Any:
    out[at], out[at + 1], out[at + 2], out[at + 3] = 110, 117, 108, 108
    return at + 4


@compiled()
def _put_bool(out: Any, at: Any, value: Any) -> Any:
    if value:
        out[at], out[at + 1], out[at + 2], out[at + 3] = 116, 114, 117, 101
        return at + 4
    out[at], out[at + 1], out[at + 2], out[at + 3], out[at + 4] = 102, 97, 108, 115, 101
    return at + 5


@compiled()
def _is_plain(bits: Any) -> Any:
    """Whether none of eight bytes is a quotation mark, a backslash or a control character (S. E. Anderson's tricks)."""
    ones, highs = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    quote, slash = bits ^ (ones * np.uint64(34)), bits ^ (ones * np.uint64(92))
    found = (bits - ones * np.uint64(32)) & ~bits
    found |= ((quote - ones) & ~quote) | ((slash - ones) & ~slash)
    return (found & highs) == np.uint64(0)


@compiled()
def put_text(out: Any, at: Any, buffer: Any, start: Any, length: Any) -> Any:
    """UTF-8 text as a JSON string: Thai as itself, what JSON does not allow escaped as Python escapes it."""
    out[at] = 34
    at += 1
    place, end = start, start + length
    while place < end:
        if place + 8 <= end:
            bits = long_from_right(buffer, place)
            if _is_plain(bits):
                store_long(out, at, bits)
                place, at = place + 8, at + 8
                continue
        byte = buffer[place]
        place += 1
        if byte == 34 or byte == 92:
            out[at], out[at + 1] = 92, byte
            at += 2
        elif byte >= 32:
            out[at] = byte
            at += 1
        else:
            at = _put_control(out, at, byte)
    out[at] = 34
    return at + 1


@compiled()
def _put_control(out: Any, at: Any, byte: Any) -> Any:
    short = 0
    if byte == 8:
        short = 98
    elif byte == 9:
        short = 116
    elif byte == 10:
        short = 110
    elif byte == 12:
        short = 102
    elif byte == 13:
        short = 114
    out[at] = 92
    if short:
        out[at + 1] = short
        return at + 2
    out[at + 1], out[at + 2], out[at + 3] = 117, 48, 48
    out[at + 4], out[at + 5] = _HEX[byte >> 4], _HEX[byte & 15]
    return at + 6


@compiled()
def _put_texts(out: Any, at: Any, buffer: Any, start: Any, length: Any) -> Any:
    """A list of one dimension; of more, all that is in it one after the other."""
    out[at] = 91
    at += 1
    dimensions = int_at(buffer, start) if length >= 12 else 0
    place, end, first = start + 12 + 8 * dimensions, start + length, True
    while dimensions > 0 and place + 4 <= end:
        if not first:
            out[at] = 44
            at += 1
        first = False
        size = int_at(buffer, place)
        place += 4
        if size > end - place:
            raise ValueError("a list ends within a text")
        if size < 0:
            at = _put_null(out, at)
        else:
            at = put_text(out, at, buffer, place, size)
            place += size
    out[at] = 93
    return at + 1


@compiled()
def put_plain(out: Any, at: Any, buffer: Any, start: Any, kind: Any) -> Any:
    """A day, an instant or a UUID as bare text; nothing at all for an infinity."""
    if kind == UUID:
        for place in range(16):
            if place == 4 or place == 6 or place == 8 or place == 10:
                out[at] = 45
                at += 1
            byte = buffer[start + place]
            out[at], out[at + 1] = _HEX[byte >> 4], _HEX[byte & 15]
            at += 2
        return at
    if kind == DATE:
        day = int_at(buffer, start)
        return at if day in (2147483647, -2147483648) else _put_day(out, at, day)
    moment = np.int64(long_at(buffer, start))
    if moment in (9223372036854775807, -9223372036854775808):
        return at
    day = moment // DAY
    at = _put_day(out, at, day)
    rest = moment - day * DAY
    out[at] = 84
    at = _put_padded(out, at + 1, rest // 3_600_000_000, 2)
    out[at] = 58
    at = _put_padded(out, at + 1, rest // 60_000_000 % 60, 2)
    out[at] = 58
    at = _put_padded(out, at + 1, rest // 1_000_000 % 60, 2)
    if rest % 1_000_000:
        out[at] = 46
        at = _put_padded(out, at + 1, rest % 1_000_000, 6)
    if kind == TIMESTAMPTZ:
        out[at], out[at + 1], out[at + 2], out[at + 3], out[at + 4], out[at + 5] = 43, 48, 48, 58, 48, 48
        at += 6
    return at


@compiled()
def _put_padded(out: Any, at: Any, number: Any, digits: Any) -> Any:
    for place in range(at + digits - 1, at - 1, -1):
        out[place] = np.uint8(48 + number % 10)
        number //= 10
    return at + digits


@compiled()
def _put_day(out: Any, at: Any, day: Any) -> Any:
    """Days since 2000-01-01 as a date (H. Hinnant, "chrono-compatible low-level date algorithms")."""
    days = day + 730_425
    era = days // 146_097
    of_era = days - era * 146_097
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    moved = (5 * of_year + 2) // 153
    month = moved + 3 if moved < 10 else moved - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    if year > 9999 or year < 1:
        at = put_whole(out, at, year)
    else:
        at = _put_padded(out, at, year, 4)
    out[at] = 45
    at = _put_padded(out, at + 1, month, 2)
    out[at] = 45
    return _put_padded(out, at + 1, of_year - (153 * moved + 2) // 5 + 1, 2)


@compiled()
def put_numeric(out: Any, at: Any, buffer: Any, start: Any, length: Any) -> Any:
    """An exact decimal with all its digits: a whole number as one, no needless zeros, null for what is no number.

    The header says how many groups of four digits there are, where the first stands, and the sign.
    """
    if length < 8:
        return _put_null(out, at)
    groups, weight, sign = short_at(buffer, start), short_at(buffer, start + 2), short_at(buffer, start + 4) & 0xFFFF
    if sign == 0xC000 or sign == 0xD000 or sign == 0xF000 or length != 8 + 2 * groups:
        return _put_null(out, at)
    if groups == 0:
        out[at] = 48
        return at + 1
    if sign == 0x4000:
        out[at] = 45
        at += 1
    if weight < 0:
        out[at] = 48
        at += 1
    else:
        at = put_digits(out, at, np.uint64(short_at(buffer, start + 8)))
        for group in range(1, weight + 1):
            at = _put_padded(out, at, short_at(buffer, start + 8 + 2 * group) if group < groups else 0, 4)
    if groups <= weight + 1:
        return at
    out[at] = 46
    at += 1
    for _ in range(-weight - 1):
        at = _put_padded(out, at, 0, 4)
    for group in range(max(weight + 1, 0), groups):
        at = _put_padded(out, at, short_at(buffer, start + 8 + 2 * group), 4)
    while out[at - 1] == 48:
        at -= 1
    return at - 1 if out[at - 1] == 46 else at


@compiled()
def numeric_double(buffer: Any, start: Any, length: Any) -> Any:
    """The bits of the double nearest to an exact decimal; NaN for what is no number."""
    groups, sign = np.int64(0), np.int64(0xC000)
    if length >= 8:
        groups, sign = short_at(buffer, start), short_at(buffer, start + 4) & 0xFFFF
    if length < 8 or sign == 0xC000 or sign == 0xD000 or sign == 0xF000 or length != 8 + 2 * groups:
        return np.uint64(0x7FF8000000000000)
    digits, power = np.uint64(0), np.int64(4 * short_at(buffer, start + 2))
    for group in range(groups):
        # Nineteen digits say more than a double can hold.
        if digits < np.uint64(10**14):
            digits = digits * np.uint64(10_000) + np.uint64(short_at(buffer, start + 8 + 2 * group))
            power -= 4 if group > 0 else 0
    bits = nearest_double(digits, power)
    return bits | np.uint64(0x8000000000000000) if sign == 0x4000 else bits
