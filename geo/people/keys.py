"""Random secrets that are shown once, their digests that are kept, and keys for what must be signed or sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

MARKS = {"access": "atlas_a_", "refresh": "atlas_r_", "api": "atlas_t_"}


def new_token(kind: str = "") -> str:
    """256 random bits, with a mark that lets a scanner of files find a token that was left there."""
    return MARKS.get(kind, "") + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token: nothing opens with it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def derived(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose; knowing it tells nothing of the others."""
    return hmac.digest(secret, b"atlas:" + purpose.encode(), "sha256")


def sealing_key(secret: bytes, purpose: str) -> bytes:
    """The same in the form that Fernet takes."""
    return base64.urlsafe_b64encode(derived(secret, purpose))


def signature(key: bytes, *words: str) -> str:
    """A signature of some words, as text for a form or a cookie."""
    said = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.digest(key, said, "sha256")[:24]).decode()


def is_signature(key: bytes, given: str, *words: str) -> bool:
    """Whether somebody with the key signed these words."""
    return hmac.compare_digest(signature(key, *words).encode(), given.encode("utf-8", "surrogatepass"))
