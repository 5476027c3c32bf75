"""Mail to those who follow a place: sent beside the workers, in the process that minds them, never within a step.

What waits is in the database: it survives a restart, several services share it, and each mail goes once.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.housekeeping import again_and_again
from api.layers import every_layer
from api.mail_links import PURPOSE, confirm_code, stop_code
from api.mail_server import MailServer, NotSent, mail_server
from api.mail_words import Happened, about_address, about_steps
from api.mark_words import kind_of, moment_words, state_words, title_of
from api.people.secret import town_secret
from api.settings import Settings
from geo.layer import Audience, Layer
from geo.life import life_of
from geo.people import keys
from geo.people.grants import areas_of, without_codes
from geo.store import outbox, people, read
from geo.store.db import session_of
from geo.store.following import CONFIRM
from geo.store.following_tables import Mail, PersonAddress
from geo.store.life_tables import LifeStep
from geo.store.people_tables import Person

log = logging.getLogger("atlas.mail")

LOOK_EVERY_SECONDS = 20
# Who hears of what the public does not see; a partner, a case worker and a steward hear what everybody hears.
_INSIDERS = (Audience.STAFF, Audience.COMMUNITY)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Everything that sending needs: the server, where links lead, and the key that signs them."""

    server: MailServer
    base: str
    key: bytes = field(repr=False)

    def send_waiting(self, engine: Engine, at: dt.datetime) -> None:
        """Send all whose time has come; where the server is away what is left waits for the next look."""
        sent = 0
        while (one := self._to_one(engine, at)) is not None and one:
            sent += 1
        if sent:
            log.info("%d mails were sent", sent)
        with session_of(engine) as session:
            outbox.forget_old(session, at=at)

    def _to_one(self, engine: Engine, at: dt.datetime) -> bool | None:
        """One person's mail; None where nobody's waits, False where the server is away."""
        with session_of(engine) as session:
            address = outbox.next_person(session, at=at)
            if address is None:
                return None
            mails = outbox.waiting_of(session, address.person_id, at=at)
            asked = [one for one in mails if one.what == CONFIRM]
            chosen = asked or [one for one in mails if one.what != CONFIRM]
            message = self._confirming(address, chosen, at) if asked else self._telling(session, address, chosen, at)
            if message is None:
                outbox.had_nothing_to_tell(chosen, at=at)
                return True
            try:
                self.server.send(message, address.address)
            except NotSent as error:
                # Numbers and kinds alone: neither the log nor the table names whom it was for.
                log.warning("a mail did not go: %s", error.told)
                outbox.went_not(chosen, error.told, at=at, for_good=error.for_good)
                return not error.is_away
            outbox.went(chosen, address, at=at)
            return True

    def _confirming(self, address: PersonAddress, mails: Sequence[Mail], at: dt.datetime) -> EmailMessage:
        link = f"{self.base}/follows/confirm/{confirm_code(self.key, address)}"
        return about_address(link=link, to=address.address, sender=self.server.sender, at=at,
                             reference=f"atlas-confirm-{mails[-1].id}")  # fmt: skip

    def _telling(
        self, session: Session, address: PersonAddress, mails: Sequence[Mail], at: dt.datetime
    ) -> EmailMessage | None:
        if address.confirmed_at is None:
            return None
        person = session.get_one(Person, address.person_id)
        if person.disabled_at is not None:
            return None
        eyes = eyes_of(session, person, at)
        layers = every_layer(session)
        told = [self._happened(session, layers[one.layer], one, eyes) for one in outbox.steps_behind(session, mails)
                if one.layer in layers]  # fmt: skip
        happened = [one for one in told if one is not None]
        if not happened:
            return None
        return about_steps(
            happened[: outbox.MOST_STEPS], more=max(0, len(happened) - outbox.MOST_STEPS), to=address.address,
            sender=self.server.sender, stop=f"{self.base}/follows/stop/{stop_code(self.key, address)}",
            follows=f"{self.base}/follows", at=at, reference=f"atlas-{mails[0].id}-{mails[-1].id}",
        )  # fmt: skip

    def _happened(self, session: Session, layer: Layer, step: LifeStep, eyes: Sequence[read.Asking]) -> Happened | None:
        words = seen(session, layer, step, eyes)
        if words is None:
            return None
        return Happened(
            title=title_of(layer, words), kind=kind_of(layer, words) or layer.title,
            state=state_words(layer, step.became), when=moment_words(step.made_at),
            url=f"{self.base}/marks/{layer.id}/{step.row_id}",
        )  # fmt: skip


def eyes_of(session: Session, person: Person, at: dt.datetime) -> list[read.Asking]:
    """As whom somebody may hear of things now, the most that they see first; the public's eyes at the end.

    What a town asks a one-time code for is not told by mail.
    """
    every = [one.grant for one in people.grants_of(session, person=person.id).get(person.id, ())]
    usable = without_codes(every, people.totp_rules(session))
    found = [
        read.Asking(audience=audience, person=person.login, areas=areas)
        for audience in _INSIDERS
        if (areas := areas_of(usable, audience, at))
    ]
    return [*found, read.Asking()]


def seen(session: Session, layer: Layer, step: LifeStep, eyes: Sequence[read.Asking]) -> dict[str, Any] | None:
    """What a mark says to the first of these eyes that may see it, and know of the step; None where none may."""
    life = life_of(layer)
    if life is None or step.became == "draft":
        return None
    for asking in eyes:
        if asking.is_low and step.became not in life.public:
            continue
        rows = read.features(session, layer, asking, read.Wanted(ids=(step.row_id,), limit=1), shapes=False).features
        if rows and rows[0]["properties"]["status"] != "draft":
            words: dict[str, Any] = rows[0]["properties"]
            return words
    return None


def sender_of(settings: Settings) -> Sender | None:
    """The sender that the settings make, None where the town names no mail server."""
    server = mail_server(settings.smtp, settings.mail_from)
    if server is None:
        return None
    return Sender(server=server, base=settings.address, key=keys.derived(town_secret(settings.home), PURPOSE))


@contextmanager
def mail_sent(url: str, settings: Settings, *, every: float = LOOK_EVERY_SECONDS) -> Iterator[None]:
    """Send what waits, now and every few seconds until the end of the block; nothing where no server is named."""
    sender = sender_of(settings)
    if sender is None:
        yield
        return
    with again_and_again(url, (sender.send_waiting,), every=every, name="mail"):
        yield
