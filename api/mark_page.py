"""The page of a mark: what it is, how bad, where it is in its life, and what whoever looks may do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.deps import Person, asking_of, session_as
from api.mark_forms import MATRIX, Refused, matrix, step_forms
from api.mark_told import Around, around
from api.mark_words import (
    TOLD,
    level_of,
    moment_words,
    state_color,
    state_words,
    title_of,
    value_words,
    who_words,
)
from api.marking import Mark, living
from api.pages import STRICT, page
from api.people import cookies
from api.people.who import SignedIn
from api.photos_of import photos_of
from geo.errors import Text
from geo.layer import Audience
from geo.life import STATUS
from geo.people.grants import BANGKOK
from geo.render.popup import day
from geo.store import following
from geo.store.life_tables import LifeStep
from geo.store.read import Wanted, features
from geo.store.waiting import officers
from layers import LAYERS

# Told in a place of their own on the page.
_ELSEWHERE = (STATUS, "likelihood", "severity", "score", "band", "community_id", "municipality", "name_th", "name_en")
POLICY = f"{STRICT}; frame-src 'self'"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One state on the way: done, present or to come, and since when it was reached (None: not told, or not yet)."""

    words: Text
    color: str | None
    is_done: bool
    is_now: bool
    on: Text | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the history: what was done, when, by whom, what became of what, and why."""

    told: Text
    when: Text
    who: Text | None
    was: Text | None
    became: Text
    reason: str | None
    original: int | None
    version: int | None


def mark_page(
    request: Request, mark: Mark, me: SignedIn | None, people: Session, now: dt.datetime, *, sent: Refused | None = None
) -> Response:
    """The page; after a form that was refused with what is wrong, and with what was typed where it was typed."""
    found = around(mark, people, now)
    layer, words = mark.layer, mark.feature["properties"]
    # The step may be gone from among those that follow; what was typed for it is then shown as it is.
    forms = step_forms(mark, me, sent)
    chosen = next((one.value for form in forms for one in form.asks if one.name == MATRIX), "")
    return page(
        request, "mark.html", status_code=sent.status if sent else 200, policy=POLICY,
        headers={"Cache-Control": PRIVATE}, mark=mark, layer=layer, title=title_of(layer, words),
        place=_place(request, words), level=level_of(layer, words), state=state_words(layer, mark.state),
        state_color=state_color(layer, mark.state), stages=_stages(mark, found), lines=_lines(mark, found),
        facts=_facts(mark), forms=forms, matrix=matrix(layer, chosen) if "band" in layer.fields else [], sent=sent,
        lost=_lost(forms, sent), held=found.held, held_until=moment_words(found.held.until) if found.held else None,
        is_held_by_me=bool(found.held and me and found.held.by == me.login), comments=_comments(found),
        duty=who_words(found.duty.person, found.names) if found.duty else None, duty_login=_duty(found),
        officers=_officers(request, mark, me, people, now), may_comment=_may_comment(mark, me),
        may_add_photos=_may_add_photos(mark, me),
        is_on_map=not (mark.is_mine and not mark.is_inside and mark.state not in living(layer).public),
        may_hold=mark.is_inside and any(form.may for form in forms), me=me,
        follow_area=f"{layer.id}/{mark.id}", is_followed=_followed(people, mark, me), photos=_photos(request, mark),
        day=lambda iso: day(dt.date.fromisoformat(iso)),
        csrf=cookies.session_csrf(request) if me is not None and me.in_browser else "",
    )  # fmt: skip


def _photos(request: Request, mark: Mark) -> list[dict[str, Any]]:
    asking = asking_of(request)
    with session_as(request, asking) as session:
        return photos_of(request, session, asking, mark.layer, [mark.id]).get(mark.id, [])


def _facts(mark: Mark) -> list[tuple[Text, Text]]:
    layer, words = mark.layer, mark.feature["properties"]
    return [
        (field.label, value_words(field, words[name]))
        for name, field in layer.fields.items()
        if name not in _ELSEWHERE and words.get(name) not in (None, "")
    ]


def _place(request: Request, words: Mapping[str, Any]) -> dict[str, Any]:
    """The community and town that a mark lies in, by their names."""
    asking = asking_of(request)
    found: dict[str, Any] = {"community": None, "town": None}
    with session_as(request, asking) as session:
        if words.get("community_id"):
            wanted = Wanted(ids=(words["community_id"],), names=("name_th", "name_en"))
            rows = features(session, LAYERS["community"], asking, wanted, shapes=False).features
            found["community"] = rows[0] if rows else None
        if words.get("municipality"):
            wanted = Wanted(equal=(("code", words["municipality"]),), limit=1)
            rows = features(session, LAYERS["municipality"], asking, wanted, shapes=False).features
            found["town"] = rows[0]["properties"] if rows else {"name_th": words["municipality"], "name_en": None}
    return found


def _stages(mark: Mark, found: Around) -> list[Stage]:
    """The way from the report to the end; a state that is no part of it stands where the way was left."""
    life, layer, state = living(mark.layer), mark.layer, mark.state
    if state is None:
        return []
    reached = {one.became: one.made_at for one in found.history}
    way = list(life.way)
    if state in way:
        at = way.index(state)
    else:
        before = [one.was for one in found.history if one.became == state and one.was in way]
        at = way.index(before[-1]) if before and before[-1] else -1
        way.insert(at + 1, state)
        at += 1
    return [
        Stage(words=state_words(layer, one), color=state_color(layer, one), is_done=place < at, is_now=place == at,
              on=day(reached[one].astimezone(BANGKOK).date()) if one in reached and place <= at else None)
        for place, one in enumerate(way)
    ]  # fmt: skip


def _lines(mark: Mark, found: Around) -> list[Line]:
    inside = mark.is_inside
    return [_line(mark, one, found.names, inside=inside) for one in reversed(found.history)]


def _line(mark: Mark, one: LifeStep, names: Mapping[str, str], *, inside: bool) -> Line:
    original = (one.detail or {}).get("original") if inside else None
    return Line(
        told=TOLD.get(one.step, Text(one.step, one.step)), when=moment_words(one.made_at),
        who=who_words(one.made_by, names) if inside else None,
        was=state_words(mark.layer, one.was) if inside and one.was else None,
        became=state_words(mark.layer, one.became), reason=one.reason if inside else None, original=original,
        version=one.version if inside else None,
    )  # fmt: skip


def _lost(forms: list[Any], sent: Refused | None) -> list[tuple[str, str]]:
    """What was typed into a form that is not on the page any more."""
    if sent is None or any(form.may and form.step.id == sent.act for form in forms):
        return []
    if sent.act in ("comments", "duty"):
        return []
    return [(name, value) for name, value in sent.typed.items() if value]


def _comments(found: Around) -> list[tuple[Text, Text, str]]:
    return [(who_words(one.made_by, found.names), moment_words(one.made_at), one.words) for one in found.comments]


def _duty(found: Around) -> str:
    return found.duty.person if found.duty else ""


def _officers(
    request: Request, mark: Mark, me: SignedIn | None, people: Session, now: dt.datetime
) -> list[tuple[str, str]]:
    if me is None or me.audience is not Audience.STAFF or not mark.is_inside:
        return []
    words = mark.feature["properties"]
    return officers(people, town=words.get("municipality"), community=words.get("community_id"), at=now,
                    demo=request.app.state.settings.demo)  # fmt: skip


def _may_comment(mark: Mark, me: SignedIn | None) -> bool:
    return mark.is_inside and me is not None and me.audience in (Audience.STAFF, Audience.COMMUNITY)


def _followed(people: Session, mark: Mark, me: SignedIn | None) -> bool:
    return me is not None and following.is_followed(people, me.person_id, following.MARK, f"{mark.layer.id}/{mark.id}")


def _may_add_photos(mark: Mark, me: SignedIn | None) -> bool:
    if me is None or not (me.may_write and me.in_browser) or not mark.layer.photographed:
        return False
    person = Person(name=me.login, signed_in=me)
    return mark.may_change(person) or (mark.is_inside and person.may_edit(mark.layer))
