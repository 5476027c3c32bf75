"""What people write about town layers at the command line and in forms, read."""

from __future__ import annotations

import re

from geo.errors import BadRequest, Text
from geo.layer import Audience, Cells, Nature, Published
from geo.store.town_definition import ColumnType


def audience_in(written: str) -> Audience:
    """An audience by its name."""
    if written not in list(Audience):
        names = ", ".join(Audience)
        raise BadRequest(f"ไม่มีผู้เห็น {written[:60]!r}: {names}", f"no audience {written[:60]!r}: {names}")
    return Audience(written)


def shape_in(written: str | None) -> Published | Cells | None:
    """What the public gets of the geometry; None where nothing is said."""
    if not written:
        return None
    plain = written.replace("-", " ").strip()
    if plain in list(Published):
        return Published(plain)
    cells = re.fullmatch(r"cells:(\d{2,5}):(\d{1,3})", written, re.ASCII)
    if cells and 50 <= int(cells[1]) <= 10_000 and int(cells[2]) >= 5:
        return Cells(metres=int(cells[1]), at_least=int(cells[2]))
    raise BadRequest(
        f"รูป {written[:60]!r} ต้องเป็น as-it-is, withheld หรือ cells:เมตร:อย่างน้อย (50 เมตรและ 5 แถวขึ้นไป)",
        f"the geometry {written[:60]!r} is as-it-is, withheld or cells:METRES:AT_LEAST (50 m and 5 rows or more)",
    )


def type_in(written: str) -> ColumnType:
    """A column's type by its name."""
    if written not in list(ColumnType):
        names = ", ".join(ColumnType)
        raise BadRequest(f"ไม่มีชนิด {written[:60]!r}: {names}", f"no type {written[:60]!r}: {names}")
    return ColumnType(written)


def nature_in(written: str) -> Nature | None:
    """What a personal column is; None for one that is said to be about nobody."""
    if written == "none":
        return None
    if written not in list(Nature):
        raise BadRequest(f"nature: {', '.join(Nature)}", f"the nature is one of {', '.join(Nature)}")
    return Nature(written)


def both_of(words: str) -> Text:
    """One text for both languages; `ไทย | English` is a pair."""
    th, bar, en = words.partition("|")
    return Text(th.strip(), en.strip()) if bar and th.strip() and en.strip() else Text(words.strip(), words.strip())
