"""Words that the page of a mark, the queue, the feed and the mail share: titles, states, levels, moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.errors import Text
from geo.layer import Field, Layer
from geo.life import BY_ITSELF, LIVES, STATUS
from geo.people.grants import BANGKOK
from geo.render.popup import day

TOLD = {step.id: step.told for life in LIVES.values() for step in life.steps} | {
    "mark": Text("บันทึกเป็นร่าง", "Kept as a draft"),
}
NO_NAME = Text("ไม่มีชื่อ", "no name")
BY_THE_SERVICE = Text("ระบบ (เมื่อครบกำหนด)", "by itself, when its day passed")
# The bands are ours (`layers/risk_point.py`, DOMAIN §6.3): from this score on.
_BANDS = ((17, "very_high"), (10, "high"), (5, "medium"), (1, "low"))


@dataclass(frozen=True, kw_only=True)
class Level:
    """How bad a risk is: number, band (its words and colour), and the day it was said; never the colour alone."""

    score: int
    band: str
    words: Text
    color: str | None
    on: Text


def band_of(score: int) -> str:
    """The band of a score of 1 to 25."""
    return next(band for least, band in _BANDS if score >= least)


def title_of(layer: Layer, words: Mapping[str, Any]) -> Text:
    """What a mark is called: its name, else what it is."""
    th, en = words.get("name_th"), words.get("name_en")
    if th or en:
        return Text(str(th or en), str(en or th))
    return kind_of(layer, words) or layer.title


def kind_of(layer: Layer, words: Mapping[str, Any]) -> Text | None:
    """What sort of risk or potential it is; None where nobody said."""
    kind = words.get("kind")
    return layer.fields["kind"].told(kind) if kind and "kind" in layer.fields else None


def state_words(layer: Layer, state: str | None) -> Text:
    """A state as people call it."""
    return layer.fields[STATUS].told(state) if state else Text("ไม่ได้ติดตาม", "not followed up")


def state_color(layer: Layer, state: str | None) -> str | None:
    """The colour of a state, which is never shown without its words."""
    codes = layer.fields[STATUS].codes
    entry = codes.by_code.get(state or "") if codes else None
    return entry.color if entry else None


def level_of(layer: Layer, words: Mapping[str, Any]) -> Level | None:
    """How bad it is; None for a potential, and for a risk of which nobody said it yet."""
    score, band = words.get("score"), words.get("band")
    if not score or not band:
        return None
    codes = layer.fields["band"].codes
    entry = codes.by_code.get(band) if codes else None
    return Level(score=score, band=band, words=layer.fields["band"].told(band), color=entry.color if entry else None,
                 on=_said_on(words))  # fmt: skip


def _said_on(words: Mapping[str, Any]) -> Text:
    if words.get("inspected_on"):
        found = day(_day(words["inspected_on"]))
        return Text(f"ลงพื้นที่ {found.th}", f"inspected {found.en}")
    if words.get("seen_on"):
        found = day(_day(words["seen_on"]))
        return Text(f"พบเมื่อ {found.th} ยังไม่มีวันลงพื้นที่", f"seen {found.en}, no inspection dated")
    return Text("ยังไม่ระบุวันลงพื้นที่", "no inspection dated")


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def value_words(field: Field, value: Any) -> Text:
    """A value as people read it, days in the Buddhist era where it is read in Thai."""
    if value is not None and field.python_type is dt.date:
        return day(_day(value))
    return field.told(value)


def moment_words(at: dt.datetime) -> Text:
    """An instant in Bangkok, to the minute."""
    here = at.astimezone(BANGKOK)
    found = day(here.date())
    return Text(f"{found.th} {here:%H:%M} น.", f"{found.en}, {here:%H:%M}")


def waited_words(since: dt.datetime, now: dt.datetime) -> Text:
    """How long something has waited, in days; within the first one in hours."""
    hours = max(0, int((now - since).total_seconds() // 3600))
    if hours < 1:
        return Text("ไม่ถึงชั่วโมง", "less than an hour")
    if hours < 24:
        return Text(f"{hours} ชั่วโมง", f"{hours} hour{'s' * (hours > 1)}")
    days = hours // 24
    return Text(f"{days:,} วัน", f"{days:,} day{'s' * (days > 1)}")


def who_words(login: str, names: Mapping[str, str]) -> Text:
    """Who did something: the person's name; a program by its own, the service in words."""
    if login == BY_ITSELF:
        return BY_THE_SERVICE
    name = names.get(login, login)
    return Text(name, name)
