"""Who asks: from the cookie of a browser or the token of a program, with the grants as they are now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy.orm import Session
from starlette.requests import Request

from api.caching import EditCache
from api.people.cookies import SESSION, check_session_form, cookie
from geo.errors import NotSignedIn, NotYours
from geo.layer import Audience
from geo.people import keys
from geo.people.areas import Areas
from geo.people.grants import MINUTES_BY_NAME, areas_of, audiences_of, speaking_for, without_codes
from geo.store.credentials import Credential, session_behind, token_behind
from geo.store.db import session_of
from geo.store.people import KeptGrant, grants_of, has_real_steward, totp_rules
from geo.store.tokens import holder_of

# A map asks for tiles by the hundred. What was found is remembered until anything of any account changes, in this
# process at once and in the others within milliseconds (a trigger tells them).
REMEMBERED_SECONDS = 30
PEOPLE = "people"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person as they speak now: for one audience, in the areas where they were granted it.

    `audiences` are what they may switch to; `withheld` are granted too, but a town asks for a one-time code first.
    """

    person_id: int
    login: str
    name: str
    audience: Audience
    areas: Areas
    purpose: str | None
    may_write: bool
    audiences: tuple[Audience, ...]
    withheld: tuple[Audience, ...] = ()
    credential: Credential = field(repr=False)
    grants: tuple[KeptGrant, ...] = ()

    def ends(self, at: dt.datetime) -> Iterator[dt.datetime]:
        """The instants at which something of this may be over."""
        yield self.credential.ends
        yield from (one.grant.ends for one in self.grants if one.grant.ends is not None and one.grant.ends > at)
        if self.credential.since is not None:
            yield self.credential.since + dt.timedelta(minutes=MINUTES_BY_NAME)

    @property
    def in_browser(self) -> bool:
        """Whether they came with a session, whose forms must prove where they come from."""
        return self.credential.kind == "session"


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Whoever holds the token that `atlas up` printed for a town that has no steward yet."""

    name: str


def who_asks(request: Request, *, at: dt.datetime) -> SignedIn | Bootstrap | None:
    """The person, the bootstrap token's holder, or None for the public.

    A token that is not valid is 401 even where the public may come in: its holder should learn that it is over. A
    browser's old session is the public.
    """
    token, sent = _bearer(request), cookie(request, SESSION)
    if token is None and sent is None:
        return None
    cache: EditCache = request.app.state.cache
    since = cache.edits((PEOPLE,))
    found = _looked_up(request, token, sent, at=at)
    if isinstance(found, SignedIn):
        until = min(at + dt.timedelta(seconds=REMEMBERED_SECONDS), *found.ends(at))
        cache.keep(_key_of(request), (found, until), layers=(PEOPLE,), box=None, since=since)
    return found


def brings_credentials(request: Request) -> bool:
    """Whether anybody has to be looked for: a cookie that only says the language is no one's."""
    headers = request.headers
    return "authorization" in headers or ("cookie" in headers and cookie(request, SESSION) is not None)


def check_act(request: Request, form: dict[str, str], me: SignedIn) -> None:
    """Refuse a form of a token that may only read, and one that did not come from a page of this session."""
    if not me.may_write:
        raise NotYours("โทเคนนี้อ่านได้อย่างเดียว", "This token may only read")
    if me.in_browser:
        check_session_form(request, form)


def remembered(request: Request, *, at: dt.datetime) -> SignedIn | None:
    """Who came with these credentials a moment ago, unless anybody's account, grants or tokens changed since."""
    kept = request.app.state.cache.kept(_key_of(request))
    return kept[0] if kept is not None and at < kept[1] else None


def _key_of(request: Request) -> tuple[str, bytes]:
    # The credential itself is not kept: what is in memory may end up in a dump.
    return PEOPLE, keys.digest(f"{_bearer(request)} {cookie(request, SESSION)}")


def _looked_up(
    request: Request, token: str | None, sent: str | None, *, at: dt.datetime
) -> SignedIn | Bootstrap | None:
    with session_of(request.app.state.people) as session:
        if token is not None:
            found = token_behind(session, token, at=at)
            if found is None or not _is_live(request, found):
                return _bootstrap(session, token, at=at)
        else:
            found = session_behind(session, sent or "", at=at)
            if found is None or not _is_live(request, found):
                return None
        return signed_in(session, found, at=at)


def signed_in(session: Session, found: Credential, *, at: dt.datetime) -> SignedIn:
    """The person behind a credential with what they hold now; `NotYours` where a token's audience is gone."""
    kept = tuple(grants_of(session, person=found.person.id).get(found.person.id, ()))
    every = [one.grant for one in kept]
    usable = every if found.with_totp else without_codes(every, totp_rules(session))
    audiences, granted = audiences_of(usable, at), audiences_of(every, at)
    if found.kind == "session":
        audience = speaking_for(found.audience, audiences, since=found.since, at=at)
    else:
        audience = found.audience
        if audience is not Audience.PUBLIC and audience not in audiences:
            raise NotYours("สิทธิ์ของโทเคนนี้สิ้นสุดแล้ว", "The grant that this token speaks for is over")
    return SignedIn(
        person_id=found.person.id, login=found.person.login, name=found.person.name, audience=audience,
        areas=areas_of(usable, audience, at), purpose=found.purpose if audience == found.audience else None,
        may_write=found.may_write, audiences=audiences, credential=found, grants=kept,
        withheld=tuple(one for one in granted if one not in audiences),
    )  # fmt: skip


def _is_live(request: Request, found: Credential) -> bool:
    # Demo accounts live with the demo: a server that runs without it knows none.
    return request.app.state.settings.demo or not found.person.is_demo


def _bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _bootstrap(session: Session, token: str, *, at: dt.datetime) -> Bootstrap:
    name = holder_of(session, keys.digest(token), at=at)
    if name is None:
        raise NotSignedIn("โทเคนไม่ถูกต้องหรือหมดอายุแล้ว", "The token is not valid, or is over")
    if has_real_steward(session, at=at):
        raise NotSignedIn(
            "โทเคนเริ่มต้นใช้ไม่ได้แล้วเพราะมีผู้ดูแลแล้ว สร้างโทเคนของท่านที่หน้า /auth/me หรือด้วยคำสั่ง atlas token create ชื่อผู้ใช้",
            "Bootstrap tokens are over since this town has a steward; make a token of your own on /auth/me, or with"
            " `atlas token create LOGIN`",
        )
    return Bootstrap(name=name)
