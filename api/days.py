"""Days and moments as pages tell them: the Buddhist era in Thai, the common era in English, Bangkok's clock in both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from geo.errors import Text
from geo.layer import Field
from geo.people.grants import BANGKOK
from geo.render.popup import day

Written = dt.date | str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A day or a moment: what machines read (ISO 8601), its words, and the year of the other era in words."""

    iso: str
    words: Text
    beside: Text


def told_day(value: Written) -> Told:
    """A day; `value` is a date, or one in ISO 8601 as our documents have it (of a moment: its day in Bangkok)."""
    found = _date(value)
    other = Text(f"ค.ศ. {found.year}", f"B.E. {found.year + 543}")
    return Told(iso=found.isoformat(), words=day(found), beside=other)


def told_moment(value: dt.datetime | str) -> Told:
    """A moment to the minute in Bangkok; without an offset it is taken as Bangkok's."""
    at = _in_bangkok(dt.datetime.fromisoformat(value) if isinstance(value, str) else value)
    words = day(at.date())
    return Told(
        iso=at.isoformat(timespec="seconds"), words=Text(f"{words.th} {at:%H:%M} น.", f"{words.en}, {at:%H:%M}"),
        beside=told_day(at.date()).beside,
    )  # fmt: skip


def time_of(words: Field) -> str:
    """Whether a column holds a `day`, a `moment`, or neither."""
    return "day" if words.python_type is dt.date else "moment" if words.python_type is dt.datetime else ""


def _date(value: Written) -> dt.date:
    if isinstance(value, str):
        return (
            dt.date.fromisoformat(value) if len(value) == 10 else _in_bangkok(dt.datetime.fromisoformat(value)).date()
        )
    return _in_bangkok(value).date() if isinstance(value, dt.datetime) else value


def _in_bangkok(at: dt.datetime) -> dt.datetime:
    try:
        return at.astimezone(BANGKOK) if at.tzinfo else at.replace(tzinfo=BANGKOK)
    except OverflowError:
        return at  # the last evening of the year 9999, which in Bangkok has no name any more
