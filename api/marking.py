"""What the routes of marks share: who may mark what, which columns are theirs to fill, and the mark as they see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from api.deps import Asking, ChangingEngine, NamedLayer, Now, Person, Writer, asking_of, session_as
from api.people.who import SignedIn
from api.preferences import preferred
from api.writing import Desk
from geo.errors import NotSignedIn, NotYours, UnknownLayer
from geo.intake.content_crs import crs_in
from geo.intake.living import may_take
from geo.intake.work import Editor
from geo.layer import Audience, Field, Layer
from geo.life import FIRST_STATES, STATUS, Life, Step, life_of
from geo.store import marks, read
from geo.store.db import session_of

# Who marks: a guest collector is somebody of a partner organisation, who sees what the public sees and adds to it.
MARKERS = (Audience.PARTNER, Audience.COMMUNITY, Audience.STAFF)
# Said with the steps of a mark's life, by those who take them.
_OF_STEPS = ("inspected_on", "reinspect_on", "division", "plan_activity", "budget_baht", "due_on")
_OPEN_COLUMNS = (Audience.PUBLIC, Audience.PARTNER, Audience.COMMUNITY, Audience.STAFF)


def living(layer: Layer) -> Life:
    """The life of a layer's marks; `UnknownLayer` where its features have none."""
    life = life_of(layer)
    if life is None:
        raise UnknownLayer(f"{layer.id} ไม่ใช่ชั้นของจุดเสี่ยงหรือศักยภาพ", f"{layer.id} is no layer of risks or potentials")
    return life


def fillable(layer: Layer) -> dict[str, Field]:
    """The columns that whoever marks something fills, in the table's order: nothing personal, nothing of the steps.

    Some may be filled by people who do not read them afterwards: what a collector noted is for the officers.
    """
    return {
        name: words
        for name, words in layer.fields.items()
        if words.imported and words.audience in _OPEN_COLUMNS and words.nature is None
        and not words.measure and name not in (*_OF_STEPS, "municipality", "evidence")
    }  # fmt: skip


def may_mark(writer: Person, layer: Layer) -> SignedIn:
    """The person, where they are one who marks; before anything else of the request is looked at."""
    living(layer)
    me = writer.signed_in
    if me is None:
        raise NotSignedIn(
            "การทำเครื่องหมายต้องเข้าสู่ระบบเป็นบุคคล",
            "To mark something takes a person who is signed in, not a machine's token",
        )
    if me.audience not in MARKERS:
        raise NotYours(
            "บทบาทนี้ทำเครื่องหมายไม่ได้ เปลี่ยนบทบาทได้ที่ /auth/me", "This role does not mark anything; switch on /auth/me"
        )
    return me


@dataclass(frozen=True, kw_only=True)
class MarkDesk(Desk):
    """A desk at which marks are made and changed: other columns, and people who are no editors of the layer."""

    me: SignedIn

    @property
    def path(self) -> str:
        """Where the layer's marks are."""
        return f"/marks/{self.layer.id}"

    @property
    def editor(self) -> Editor:
        """The person as those know them who change features."""
        return Editor(
            shown=frozenset((*fillable(self.layer), "municipality")), areas=self.me.areas, sees=self._sees,
            handling=self.wants.handling, crs=crs_in(self.request.headers.get("content-crs")),
            towns_of=self.towns_of, draws_by_hand=True,
        )  # fmt: skip


def _mark_desk(
    request: Request, layer: NamedLayer, writer: Writer, asking: Asking, engine: ChangingEngine, now: Now
) -> MarkDesk:
    me = may_mark(writer, layer)
    return MarkDesk(request=request, layer=layer, writer=writer, asking=asking, engine=engine, now=now,
                    wants=preferred(request), me=me)  # fmt: skip


TheMarkDesk = Annotated[MarkDesk, Depends(_mark_desk)]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A mark as somebody sees it, with what stands beside it. `is_inside`: they are of its area and no partner."""

    layer: Layer
    feature: dict[str, Any]
    authors: frozenset[str]
    is_mine: bool
    is_inside: bool

    @property
    def id(self) -> int:
        """Its number in its layer."""
        found: int = self.feature["id"]
        return found

    @property
    def version(self) -> int:
        """The version that holds."""
        found: int = self.feature["version"]
        return found

    @property
    def state(self) -> str | None:
        """Where it is in its life."""
        found: str | None = self.feature["properties"].get(STATUS)
        return found

    def steps(self, me: SignedIn | None) -> list[tuple[Step, bool]]:
        """What can follow, and whether this person may do it; nothing for whoever is not of the area."""
        if me is None or not (self.is_inside or self.is_mine):
            return []
        following = living(self.layer).steps_from(self.state)
        return [(one, may_take(one, me.login, me.audience, self.authors)) for one in following]

    def may_change(self, person: Person) -> bool:
        """Whether they may change what it says: the layer's editors, and until it is inspected whoever made it."""
        if self.is_inside and person.may_edit(self.layer):
            return True
        return self.is_mine and self.state in FIRST_STATES


def mark_of(request: Request, layer: Layer, fid: int, me: SignedIn | None) -> Mark:
    """A mark through the read door; one's own too where one sees no others (a collector's). `UnknownFeature` else."""
    living(layer)
    asking = asking_of(request)
    with session_of(request.app.state.people) as session:
        made_by = marks.authors(session, layer, fid)
    is_mine = me is not None and me.login in made_by
    if is_mine and me is not None and me.audience is Audience.PARTNER:
        # What they wrote themselves, in the columns that they could fill; nobody else's rows come by this way.
        asking = read.Asking(audience=Audience.STAFF, person=me.login, areas=me.areas)
    with session_as(request, asking) as session:
        feature = read.feature(session, layer, asking, fid)
        seen = read.rows(layer, asking, read.Wanted(ids=(fid,))).order_by(None).subquery()
        feature["version"] = session.scalar(select(seen.c.version))
        is_inside = not asking.is_low and _is_inside(session, layer, asking, fid)
    if is_mine and me is not None and me.audience is Audience.PARTNER:
        is_inside = False
        # What nobody else has written into since is theirs to read back; an officer's note is for the officers.
        own = fillable(layer) if made_by == {me.login} else {}
        shown = {*own, *layer.fields_for(Audience.PARTNER)}
        feature["properties"] = {name: value for name, value in feature["properties"].items() if name in shown}
    return Mark(layer=layer, feature=feature, authors=made_by, is_mine=is_mine, is_inside=is_inside)


def _is_inside(session: Session, layer: Layer, asking: read.Asking, fid: int) -> bool:
    columns = layer.table.__table__.c
    here = select(literal(1)).where(columns.id == fid, read.inside(columns, layer, asking.areas))
    return session.scalar(here) is not None
