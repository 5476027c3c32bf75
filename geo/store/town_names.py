"""What the columns of a file are called in a town layer: as in the file, wherever PostgreSQL and programs can bear it.

Thai letters stay, and so does the case: whoever reads the GeoJSON finds the names that they know. What is neither a
letter, a mark, a digit nor `_` becomes `_`; the file's own name is always the column's label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from geo.layer import LayerTable

MOST_BYTES = 59  # PostgreSQL keeps 63, and `_123` may follow
# What rows have of themselves, and what queries call their own parts.
_OURS = frozenset(
    name.casefold() for name in (*dir(LayerTable), "fid", "geom", "geometry", "mercator", "g", "cell_id",
                                 "community_id", "community_link")
)  # fmt: skip
_KEPT = ("L", "M", "Nd")


def column_names(sources: Sequence[str], *, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """A name for each column of a file: its own where that can be; `file_` before names that are ours already.

    No two are alike when case is folded: the second `Name` is `name_2`, in the file's own spelling.
    """
    used = {name.casefold() for name in taken}
    found = []
    for place, source in enumerate(sources, start=1):
        plain = _identifier(source) or f"column_{place}"
        if plain.casefold() in _OURS:
            plain = f"file_{plain}"
        name, turn = plain, 1
        while name.casefold() in used:
            turn += 1
            name = f"{plain}_{turn}"
        used.add(name.casefold())
        found.append(name)
    return tuple(found)


def is_column_name(name: str) -> bool:
    """Whether it could have come from `column_names`: what is read back from a definition is looked at once more."""
    return bool(name) and len(name.encode()) <= 63 and _identifier(name, most=63) == name


def _identifier(source: str, most: int = MOST_BYTES) -> str:
    letters = (one if _stays(one) else "_" for one in unicodedata.normalize("NFC", source))
    name = re.sub("_+", "_", "".join(letters)).strip("_") if not source.startswith("_") else "".join(letters)
    if name[:1].isdigit() or unicodedata.category(name[:1] or "a").startswith("M"):
        name = f"_{name}"
    return _cut(name, most)


def _stays(letter: str) -> bool:
    return letter == "_" or unicodedata.category(letter).startswith(_KEPT)


def _cut(name: str, most: int) -> str:
    """No longer than so many bytes, and no vowel or tone mark torn from its consonant."""
    whole = name.encode()
    if len(whole) <= most:
        return name
    kept = whole[:most].decode(errors="ignore")
    rest = name[len(kept) :]
    while rest and unicodedata.category(rest[0]).startswith("M") and kept:
        kept, rest = kept[:-1], kept[-1] + rest
    return kept.rstrip("_")
