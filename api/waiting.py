"""What waits for somebody: the marks of their area by what they can do next, the longest waiting first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from api.deps import asking_of, session_as
from api.layers import layers_of
from api.mark_words import Level, kind_of, level_of, state_color, state_words, title_of, waited_words
from api.marking import living
from api.people.who import SignedIn
from geo.errors import Text
from geo.intake.living import may_take
from geo.layer import Audience, Layer
from geo.life import FIRST_STATES, Life, life_of
from geo.people.grants import BANGKOK
from geo.store import photos, read, waiting
from layers import LAYERS

# What is to be looked at again within so many days stands among what waits already.
SOON = dt.timedelta(days=30)
_LATE = dt.date(9999, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A mark in somebody's queue."""

    layer: Layer
    id: int
    words: Mapping[str, Any]
    since: dt.datetime
    group: str
    community: str | None
    duty: str | None
    now: dt.datetime

    @property
    def title(self) -> Text:
        """What it is called."""
        return title_of(self.layer, self.words)

    @property
    def kind(self) -> Text | None:
        """What sort it is."""
        return kind_of(self.layer, self.words)

    @property
    def level(self) -> Level | None:
        """How bad it is."""
        return level_of(self.layer, self.words)

    @property
    def state(self) -> Text:
        """Where it is in its life."""
        return state_words(self.layer, self.words["status"])

    @property
    def color(self) -> str | None:
        """The colour of its state."""
        return state_color(self.layer, self.words["status"])

    @property
    def waited(self) -> Text:
        """For how long."""
        return waited_words(self.since, self.now)

    @property
    def page(self) -> str:
        """Where it can be seen to."""
        if self.group == PHOTOS.id:
            return f"/collections/{self.layer.id}/items/{self.id}/photos?f=html"
        return f"/marks/{self.layer.id}/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Group:
    """What can be done next with the marks in it; `by` is the day that they are sorted by, where it is not `since`."""

    id: str
    title: Text
    step: str | None = None
    by: str | None = None


MINE = Group(id="mine", title=Text("มอบหมายให้ท่าน", "Assigned to you"))
DRAFTS = Group(id="drafts", title=Text("ร่างของท่าน", "Your drafts"), step="report")
OVERDUE = Group(
    id="overdue", title=Text("เกินกำหนดตรวจซ้ำ", "Re-inspection overdue"), step="reinspect", by="reinspect_on"
)
INSPECT = Group(id="inspect", title=Text("รอลงพื้นที่ตรวจ", "To be inspected"), step="inspect")
VERIFY = Group(id="verify", title=Text("รอท่านยืนยัน", "To be verified by you"), step="verify")
LATE = Group(id="late", title=Text("เลยกำหนดแล้วเสร็จ", "Past the day it was due"), step="reinspect", by="due_on")
AGAIN = Group(id="soon", title=Text("ต้องตรวจซ้ำภายใน 30 วัน", "To be re-inspected within 30 days"), step="reinspect",
              by="reinspect_on")  # fmt: skip
ACT = Group(id="act", title=Text("ยืนยันแล้ว รอเริ่มดำเนินการ", "Verified, to be put into action"), step="act")
CLOSE = Group(id="close", title=Text("ตรวจซ้ำแล้ว รอปิดเรื่อง", "Re-inspected, to be closed"), step="close")
DOING = Group(id="doing", title=Text("กำลังดำเนินการ", "In action"), step="reinspect", by="due_on")
PHOTOS = Group(id="photos", title=Text("ภาพรอตรวจก่อนเผยแพร่", "Photographs to be looked at before they are public"))
OTHERS = Group(id="others", title=Text("รอคนอื่นยืนยัน (ท่านทำเครื่องหมายหรือตรวจเอง)", "Waits for another person to verify"))
WITH_OFFICERS = Group(id="officers", title=Text("แจ้งแล้ว รอเจ้าหน้าที่", "Reported, with the officers"))
UNDER_WAY = Group(id="under_way", title=Text("ยืนยันแล้ว อยู่ระหว่างดำเนินการ", "Verified and under way"))
OVER = Group(id="over", title=Text("จบแล้ว", "Over"))
OFFICERS = (MINE, DRAFTS, OVERDUE, INSPECT, VERIFY, LATE, AGAIN, ACT, CLOSE, PHOTOS, DOING, OTHERS)
COMMITTEE = (DRAFTS, WITH_OFFICERS, UNDER_WAY)
COLLECTOR = (*COMMITTEE, OVER)
GROUPS = {Audience.STAFF: OFFICERS, Audience.COMMUNITY: COMMITTEE, Audience.PARTNER: COLLECTOR}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a queue is narrowed to."""

    layer: str | None = None
    community: int | None = None
    kind: str | None = None

    def holds(self, words: Mapping[str, Any]) -> bool:
        """Whether a mark is among them."""
        in_place = self.community is None or words["community_id"] == self.community
        return in_place and (self.kind is None or words.get("kind") == self.kind)


def waiting_for(
    request: Request, me: SignedIn, people: Session, now: dt.datetime, chosen: Chosen
) -> dict[Group, list[Waiting]]:
    """The groups of a person's role with what is in them; empty ones too. Nothing where the role marks nothing."""
    groups = GROUPS.get(me.audience, ())
    found: list[Waiting] = []
    layers = [one for one in layers_of(request).here.values() if life_of(one) and chosen.layer in (None, one.id)]
    for layer in layers if groups else ():
        found += _of_layer(request, layer, me, people, now, chosen)
        if PHOTOS in groups:
            found += _with_photos(request, layer, people, now, chosen)
    by_id: dict[str, list[Waiting]] = {group.id: [] for group in groups}
    for one in found:
        if one.group in by_id:
            by_id[one.group].append(one)
    return {group: sorted(by_id[group.id], key=partial(_place, group.by)) for group in groups}


def _place(by: str | None, one: Waiting) -> tuple[Any, ...]:
    return (one.words.get(by) or _LATE if by else dt.date.min, one.since, one.layer.id, one.id)


def _of_layer(
    request: Request, layer: Layer, me: SignedIn, people: Session, now: dt.datetime, chosen: Chosen
) -> Iterable[Waiting]:
    life, asking, ids = living(layer), asking_of(request), None
    states = ["draft", *life.open]
    if me.audience is Audience.PARTNER:
        # What they made themselves, and nobody else's: `api/marking.mark_of` shows them the same.
        asking = read.Asking(audience=Audience.STAFF, person=me.login, areas=me.areas)
        ids, states = waiting.begun_by(people, layer, me.login), [one.code for one in life.states]
    with session_as(request, asking) as session:
        rows = [one for one in waiting.light_rows(session, layer, asking, states, ids) if chosen.holds(one)]
        places = _names(session, asking, {one["community_id"] for one in rows} - {None})
    if not rows:
        return
    beside = waiting.beside(people, layer, [one["id"] for one in rows], me.login)
    today = now.astimezone(BANGKOK).date()
    for words in rows:
        fid = words["id"]
        group = _group(life, words, me, is_mine=fid in beside.mine, duty=beside.duties.get(fid), today=today)
        if group is not None:
            yield Waiting(layer=layer, id=fid, words=words, since=beside.since[fid], group=group.id, now=now,
                          community=places.get(words["community_id"]), duty=beside.duties.get(fid))  # fmt: skip


def _with_photos(
    request: Request, layer: Layer, people: Session, now: dt.datetime, chosen: Chosen
) -> Iterable[Waiting]:
    """Marks that the public sees, with photographs that nobody has looked at: of the person's own area."""
    since = photos.waiting(people, layer)
    if not since:
        return
    asking = asking_of(request)
    with session_as(request, asking) as session:
        own = {fid for fid, row in photos.rows_seen(session, layer, asking, since).items() if row.is_inside}
        public = living(layer).public
        rows = [one for one in waiting.light_rows(session, layer, asking, public, own) if chosen.holds(one)]
        places = _names(session, asking, {one["community_id"] for one in rows} - {None})
    for words in rows:
        yield Waiting(layer=layer, id=words["id"], words=words, since=since[words["id"]], group=PHOTOS.id, now=now,
                      community=places.get(words["community_id"]), duty=None)  # fmt: skip


def _names(session: Session, asking: read.Asking, ids: set[int]) -> dict[Any, str]:
    if not ids:
        return {}
    wanted = read.Wanted(ids=tuple(sorted(ids)), names=("name_th",))
    rows = read.features(session, LAYERS["community"], asking, wanted, shapes=False).features
    return {one["id"]: one["properties"]["name_th"] for one in rows}


def _group(
    life: Life, words: Mapping[str, Any], me: SignedIn, *, is_mine: bool, duty: str | None, today: dt.date
) -> Group | None:
    state = words["status"]
    if state == "draft":
        return DRAFTS if is_mine else None
    if me.audience is not Audience.STAFF:
        if state in life.public:
            return OVER if state == "closed" else UNDER_WAY
        return WITH_OFFICERS if state in life.open else OVER
    if duty == me.login:
        return MINE
    group = _of_an_officer(state, words, today)
    step = life.step(group.step) if group and group.step else None
    made_by = {me.login} if is_mine else set()
    if step is not None and not may_take(step, me.login, me.audience, made_by):
        return OTHERS
    return group


def _of_an_officer(state: str, words: Mapping[str, Any], today: dt.date) -> Group | None:
    if state in FIRST_STATES:
        return INSPECT
    again = words["reinspect_on"]
    if state == "expired" or (state != "inspected" and again is not None and again < today):
        return OVERDUE
    if state == "in_action" and words["due_on"] is not None and words["due_on"] < today:
        return LATE
    if state in ("verified", "in_action") and again is not None and again <= today + SOON:
        return AGAIN
    return {"inspected": VERIFY, "verified": ACT, "reinspected": CLOSE, "in_action": DOING}.get(state)
