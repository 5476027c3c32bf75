"""`datetime=`: instants, days, intervals, open ends and durations, as RFC 3339 and ISO 8601 write them."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from geo.errors import BadRequest
from geo.store.wanted import During

# RFC 3339, section 5.6: a day, a time and an offset; `fromisoformat` alone takes much more.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?",
    re.ASCII,
)


def span_of(text: str) -> During:
    """An instant, a day, or an interval of them with an open end or a duration on one side; BadRequest otherwise."""
    try:
        start, slash, end = text.partition("/")
        if not slash:
            return _one(start)
        if _DURATION.fullmatch(start):
            last = _one(end)
            return During(start=_moved(_first(last), start, -1), end=last.end, before_end=last.before_end)
        first = None if start in ("", "..") else _one(start)
        if _DURATION.fullmatch(end) and first is not None:
            return During(start=first.start, end=_moved(_first(first), end, 1))
        last_one = None if end in ("", "..") else _one(end)
        if first is None and last_one is None:
            raise ValueError(text)
        found = During(
            start=first.start if first else None,
            end=last_one.end if last_one else None,
            before_end=bool(last_one and last_one.before_end),
        )
        if found.start and found.end and found.start > found.end:
            raise ValueError(text)
    except (ValueError, OverflowError):
        # The pieces may look right and be none: a 31st of February, an hour before the first year.
        raise BadRequest(
            "datetime ต้องเป็นเวลา วัน หรือช่วงเวลาตาม RFC 3339 เช่น 2026-11-21T10:00:00Z หรือ 2026-01-01/.. "
            "(เครื่องหมาย + เขียนเป็น %2B)",
            "datetime must be an instant, a day or an interval as in RFC 3339, such as 2026-11-21T10:00:00Z or "
            "2026-01-01/.. (a + is written %2B)",
        ) from None
    return found


def _one(text: str) -> During:
    if _DAY.fullmatch(text):
        start = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(0), dt.UTC)
        if start.date() == dt.date.max:
            return During(start=start, end=dt.datetime.max.replace(tzinfo=dt.UTC))
        return During(start=start, end=start + dt.timedelta(days=1), before_end=True)
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    moment = dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    return During(start=moment, end=moment, is_instant=True)


def _first(one: During) -> dt.datetime:
    if one.start is None:
        raise ValueError(one)
    return one.start


def _moved(start: dt.datetime, duration: str, sign: int) -> dt.datetime:
    found = _DURATION.fullmatch(duration)
    years, months, weeks, days, hours, minutes, seconds = (
        (int(part or 0) for part in found.groups()) if found else (0,) * 7
    )
    month = start.year * 12 + start.month - 1 + sign * (years * 12 + months)
    year, month = divmod(month, 12)
    if not 1 <= year <= 9999:
        raise ValueError(duration)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    moved = start.replace(year=year, month=month + 1, day=day)
    return moved + sign * dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
