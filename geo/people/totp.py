"""One-time codes (RFC 6238) from a person's telephone, and how their secrets are kept: never in clear."""

from __future__ import annotations

import datetime as dt
import hmac

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from geo.thai_digits import western_digits

PERIOD = 30
ISSUER = "Chumchon Atlas"


def new_secret() -> str:
    """A secret for a new telephone, in the base32 that the apps read."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str) -> str:
    """The `otpauth://` address that a telephone opens."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=login, issuer_name=ISSUER)


def step_of(secret: str, code: str, *, at: dt.datetime, after: int | None) -> int | None:
    """The step of time that the code belongs to, None where it is wrong or was used: a code works once.

    The steps before and after count too, because telephones' clocks differ; `after` is the last step that was used.
    """
    written = western_digits(code).replace(" ", "")
    if len(written) != 6 or not written.isdecimal():
        return None
    present = int(at.timestamp()) // PERIOD
    generator = pyotp.TOTP(secret, interval=PERIOD)
    for step in (present - 1, present, present + 1):
        if (after is None or step > after) and hmac.compare_digest(generator.at(step * PERIOD), written):
            return step
    return None


def sealed(secret: str, key: bytes) -> bytes:
    """The secret as it is kept."""
    return Fernet(key).encrypt(secret.encode())


def opened(kept: bytes, key: bytes, *, seconds: int | None = None) -> str | None:
    """The secret again; None where the key is another one, or it was sealed longer than `seconds` ago."""
    try:
        return Fernet(key).decrypt(kept, ttl=seconds).decode()
    except InvalidToken:
        return None
