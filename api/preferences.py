"""What a program prefers of an answer (RFC 7240), and the key under which it may send the same again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from fastapi import Request

from api.deps import Person
from api.people.cookies import key
from geo.errors import BadRequest
from geo.intake.written import Handling
from geo.store.idempotency import Sent

_KEY = re.compile(r'\s*"?([\x21\x23-\x7e]{1,255})"?\s*')
# What of a request, beside its body, decides what is done.
_DECIDES = ("content-type", "content-crs", "if-match", "if-none-match", "if-unmodified-since")


@dataclass(frozen=True, kw_only=True)
class Preferred:
    """`returns` is `minimal` or `representation`, `handling` is `strict` or `lenient`; None where nothing was said."""

    returns: str | None = None
    handling: Handling = None

    def applied(self, *, with_feature: bool) -> dict[str, str]:
        """The header that says what was heeded."""
        said = [f"handling={self.handling}"] if self.handling else []
        if self.returns == "minimal" or (self.returns == "representation" and with_feature):
            said.append(f"return={self.returns}")
        return {"Preference-Applied": ", ".join(said)} if said else {}


def preferred(request: Request) -> Preferred:
    """What the request prefers; what is not known is no preference, and of two the first counts."""
    said: dict[str, str] = {}
    for one in ",".join(request.headers.getlist("prefer")).split(","):
        name, sign, value = one.partition(";")[0].partition("=")
        if sign:
            said.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    returns = said.get("return")
    handling = said.get("handling")
    found = Preferred(
        returns=returns if returns in ("minimal", "representation") else None,
        handling=cast(Handling, handling) if handling in ("strict", "lenient") else None,
    )
    # A refusal tells it too (`errors.py`).
    request.state.preferred = {"handling": found.handling} if found.handling else {}
    return found


def sent_under(
    request: Request, writer: Person, body: bytes, handling: Handling, *, decides: Sequence[str] = _DECIDES
) -> Sent | None:
    """The request under its `Idempotency-Key`, as digests; None where it has none.

    A key is its sender's own, at one address and for one method: nobody's key answers anybody else. `decides` are the
    headers that belong to what is sent; a form with files has another boundary each time, and is the same form.
    """
    headers = request.headers.getlist("idempotency-key")
    if not headers:
        return None
    found = _KEY.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is None:
        raise BadRequest(
            "Idempotency-Key ต้องเป็นอักขระ ASCII 1–255 ตัว ไม่มีช่องว่าง",
            "Idempotency-Key is one to 255 ASCII characters without blanks",
        )
    me = writer.signed_in
    who = f"person {me.person_id}" if me is not None else f"token {writer.name}"
    secret = key(request, "idempotency")
    mark = "\x00".join((who, request.method, request.url.path, found.group(1)))
    more = "\x00".join((*(request.headers.get(name, "") for name in decides), str(handling)))
    return Sent(mark=_digest(secret, mark.encode()), body=_digest(secret, more.encode() + b"\x00" + body))


def _digest(secret: bytes, said: bytes) -> bytes:
    return hmac.new(secret, said, hashlib.sha256).digest()
