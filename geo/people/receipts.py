"""Receipts: ten characters by which somebody without an account follows what they reported, on paper or by telephone.

The letters and digits are those that nobody mistakes for each other when they are read out or written by hand. With
nine and forty random bits a receipt cannot be guessed by whoever is slowed down, and what is kept of it is its digest.
"""

from __future__ import annotations

import hashlib
import hmac

from geo.thai_digits import western_digits

# Neither 0 nor O, neither 1, I nor L, and no U that is read as V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_GROUPS = (4, 4, 2)


def receipt_for(key: bytes, *said: bytes) -> str:
    """The receipt of something that was sent: the same again for the same, and for nobody without the key to foresee.

    `said` begins with random bytes of this one form, so that the same words from two people get two receipts.
    """
    digest = hmac.new(key, b"".join(hashlib.sha256(one).digest() for one in said), hashlib.sha256).digest()
    # 256 bits over 30^10: no character is likelier than another by more than 2^-200.
    number, letters = int.from_bytes(digest), []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def written(receipt: str) -> str:
    """As it is shown: `K7M4-9TX2-PQ`."""
    parts, at = [], 0
    for size in _GROUPS:
        parts.append(receipt[at : at + size])
        at += size
    return "-".join(parts)


def read(text: str) -> str:
    """What somebody typed, as it is compared: without blanks and dashes, in capitals, in western digits."""
    return "".join(letter for letter in western_digits(text[:80]).upper() if letter.isalnum())


def digest(receipt: str) -> bytes:
    """What is kept of a receipt."""
    return hashlib.sha256(receipt.encode("utf-8", "surrogatepass")).digest()
