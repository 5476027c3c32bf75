"""Links in mails that work without a sign-in: each says for whom it is, and is signed with the town's key."""

from __future__ import annotations

import hmac

from geo.people import keys
from geo.store.following_tables import PersonAddress

PURPOSE = "mail"
CONFIRM, STOP = "confirm", "stop"


def confirm_code(key: bytes, address: PersonAddress) -> str:
    """What confirms this address, asked for at this time, and no other."""
    return _code(key, address.person_id, CONFIRM, address.address, address.asked_at.isoformat())


def stop_code(key: bytes, address: PersonAddress) -> str:
    """What ends all mail to this address."""
    return _code(key, address.person_id, STOP, address.address)


def _code(key: bytes, person: int, *words: str) -> str:
    return f"{person}-{keys.signature(key, str(person), *words)}"


def person_in(code: str) -> int | None:
    """Whom a code says it is for, before anybody has looked whether it is signed."""
    number, _, _ = code.partition("-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None


def is_code(code: str, expected: str) -> bool:
    """Whether it is the one, however much of it is right."""
    return hmac.compare_digest(code.encode("utf-8", "surrogatepass"), expected.encode())
