"""Passwords: Argon2id, a length, and no word that everybody tries first.

Nothing here says whether a person exists: an unknown login is compared with a hash of nobody's, which takes as long.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo.errors import Text

SHORTEST, LONGEST = 10, 256
# RFC 9106's choice for where memory is limited: 3 passes over 64 MiB. Raised here, hashes follow at the next sign-in.
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=2)

# The heads of the lists that guessers use; what is shorter than ten characters never gets here.
_COMMON = {
    "1234567890", "12345678910", "123456789a", "1234512345", "0123456789", "0987654321", "1111111111",
    "0000000000", "1122334455", "9876543210", "qwertyuiop", "qwerty1234", "qwerty12345", "q1w2e3r4t5",
    "1q2w3e4r5t", "1qaz2wsx3edc", "zxcvbnm123", "asdfghjkl1", "abcdefghij", "abcd123456", "password12",
    "password123", "password1234", "password123456", "passw0rd123", "p@ssw0rd123", "p@ssword123", "mypassword",
    "letmein123", "iloveyou12", "iloveyou123", "welcome123", "welcome1234", "admin12345", "admin123456",
    "administrator", "changeme123", "changeme1234", "thailand123", "thailand1234", "bangkok123", "hatyai12345",
    "songkhla123", "tessaban123", "municipality", "รหัสผ่าน123", "รหัสผ่าน1234", "เทศบาล12345",
}  # fmt: skip

_SHORT = Text(f"รหัสผ่านต้องยาวอย่างน้อย {SHORTEST} ตัวอักษร", f"A password has at least {SHORTEST} characters")
_LONG = Text(f"รหัสผ่านยาวได้ไม่เกิน {LONGEST} ตัวอักษร", f"A password has at most {LONGEST} characters")
_OWN_NAME = Text("รหัสผ่านต้องไม่ใช่ชื่อเข้าระบบ", "A password is not the login name")
_GUESSED = Text("รหัสผ่านนี้เดาง่ายเกินไป", "This password is among the first that anybody would try")


def objection(password: str, *, login: str) -> Text | None:
    """What is wrong with a new password, or None."""
    written = _plain(password)
    if len(written) < SHORTEST:
        return _SHORT
    if len(written) > LONGEST:
        return _LONG
    folded = written.casefold()
    if (
        folded.strip("0123456789!@#$%.-_ ") == login.casefold().strip("0123456789!@#$%.-_ ")
        or folded == login.casefold()
    ):
        return _OWN_NAME
    if folded in _COMMON or len(set(folded)) < 4:
        return _GUESSED
    return None


def hash_of(password: str) -> str:
    """The Argon2id hash to keep; its parameters and salt stand in it."""
    return HASHER.hash(_plain(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password is the one behind `kept`; where there is none it takes the same time to say no."""
    # Longer than any password is: not hashed, and no password anyway.
    written = _plain(password[: LONGEST * 4])
    try:
        return HASHER.verify(kept or _nobodys(), written) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's password")


def _plain(password: str) -> str:
    # Keyboards send the same Thai vowel in more than one way (NIST SP 800-63B, 5.1.1.2: normalise before hashing).
    return unicodedata.normalize("NFKC", password)
