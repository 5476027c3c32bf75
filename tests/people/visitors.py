"""Made-up people who come with a credential of their own, and another as soon as the last one is over."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass, field

import requests
from sqlalchemy import Engine

from geo.layer import Audience
from geo.store import credentials
from geo.store.credentials import account_of
from geo.store.db import session_of
from geo.store.people_tables import Person
from tests.people.made import make_person

TOWN = "municipality 9098"


@dataclass(kw_only=True)
class Visitor:
    """Somebody who asks as one audience: with a token, in a browser, or (as the public) with nothing."""

    audience: Audience
    in_browser: bool
    engine: Engine
    address: str
    headers: dict[str, str] = field(default_factory=dict)
    planted: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def come(self) -> None:
        """Be there with a credential that works: the same as long as it does, then another person's."""
        if self.audience is Audience.PUBLIC or self.is_who_it_was():
            return
        number = make_person(self.engine, f"visitor{next(self._numbers)}", f"{self.audience} {TOWN}")
        at = dt.datetime.now(dt.UTC)
        with session_of(self.engine) as session:
            account = account_of(session.get_one(Person, number))
            if self.in_browser:
                secret = credentials.start_session(session, account, self.audience, with_totp=True, at=at)
                self.headers = {"Cookie": f"atlas_session={secret}"}
            else:
                secret = credentials.make_api_token(
                    session, account, name="a test", audience=self.audience, purpose=None, may_write=True,
                    with_totp=True, days=1, by=account.login, at=at,
                )  # fmt: skip
                self.headers = {"Authorization": f"Bearer {secret}"}
        self.planted.append(secret)
        if self.in_browser:
            page = requests.get(f"{self.address}/auth/me", headers=self.headers | {"Accept": "text/html"}, timeout=30)
            proof = re.search(r'name="csrf" value="([^"]+)"', page.text)
            assert proof is not None, page.status_code
            self.headers["X-CSRF-Token"] = proof.group(1)
        assert self.is_who_it_was()

    def is_who_it_was(self) -> bool:
        """Whether the credential still speaks for the audience."""
        if not self.headers:
            return False
        told = requests.get(
            f"{self.address}/auth/me", headers=self.headers | {"Accept": "application/json"}, timeout=30
        )
        return told.status_code == 200 and told.json()["audience"] == self.audience
