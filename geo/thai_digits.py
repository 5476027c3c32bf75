"""Thai digits: ๐-๙ stand for 0-9.

Python's `int` and `\\d` accept both, so texts are brought to one form first.
"""

from __future__ import annotations

_WESTERN = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def western_digits(text: str) -> str:
    """The text with ๐-๙ as 0-9."""
    return text if text.isascii() else text.translate(_WESTERN)
