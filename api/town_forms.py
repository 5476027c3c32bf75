"""What a steward writes about a layer in a form, read: the words, the columns line by line, and why persons are in it.

Columns are counted as in the file: `audience.0`, `nature.0`, `label.0` say something of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from api.people.forms import needed
from geo.errors import BadRequest, Text
from geo.intake.describe import Described
from geo.intake.make import Said, Why, processing_of
from geo.layer import Audience
from geo.store.town_changes import changed
from geo.store.town_definition import Definition
from geo.store.town_layers import check_id
from geo.store.town_words import audience_in, both_of, nature_in, shape_in, type_in

One = TypeVar("One")
SHAPES = {
    "withheld": Text("ไม่เผยแพร่รูป", "Shapes stay inside"), "as-it-is": Text("เผยแพร่ตามจริง", "Published as they are"),
    "cells:250:5": Text("เผยแพร่เป็นจำนวนต่อช่อง 250 ม. (จุด อย่างน้อย 5)", "Counts per 250 m square (points, 5 at least)"),
    "cells:500:10": Text("เผยแพร่เป็นจำนวนต่อช่อง 500 ม. (จุด อย่างน้อย 10)", "Counts per 500 m square (points, 10 at least)"),
}  # fmt: skip


def said_in(form: Mapping[str, str], found: Described, *, town: str) -> Said:
    """A new layer as the form says it."""
    words = dict(form)
    everywhere = words.get("columns", "").strip() or "staff"
    sources = [one.source for one in found.columns]
    audiences = dict.fromkeys(sources, audience_in(everywhere)) if everywhere != "staff" else {}
    natures = {name: one for name, one in _of_lines(words, "nature", sources, nature_in).items() if one is not None}
    # What is personal is not opened by the line for all columns, only by its own, where it is refused in words.
    audiences = {name: audience for name, audience in audiences.items() if name not in natures}
    return Said(
        id=check_id(needed(words, "id", most=60)), town=town,
        title=Text(needed(words, "title_th"), needed(words, "title_en")), about=_pair(words, "about"),
        source=_both(words, "source"), licence=_said(words, "licence"), shape=shape_in(_said(words, "geometry")),
        audiences=audiences | _of_lines(words, "audience", sources, audience_in), natures=natures,
        labels=_of_lines(words, "label", sources, both_of), why=_why(words),
        key=(key,) if (key := _said(words, "key")) else (), instant=_said(words, "datetime"),
        editors=audience_in(_said(words, "editors") or "staff"), color=_said(words, "color"),
        symbol=_said(words, "symbol") or "circle", label=_said(words, "label"),  # type: ignore[arg-type]  # checked there
    )  # fmt: skip


def changed_in(form: Mapping[str, str], before: Definition) -> Definition:
    """What a layer will be; a field that the form does not have stays as it is."""
    words = dict(form)
    sources = [one.source for one in before.columns]
    why, new = _why(words), _said(words, "new_column")
    added = {new: type_in(_said(words, "new_type") or "text")} if new else {}
    everywhere = _said(words, "columns")
    plain = [one.source for one in before.columns if one.nature is None] if everywhere else []
    audiences = dict.fromkeys(plain, audience_in(everywhere or "staff"))
    return changed(
        before, title=(_said(words, "title_th"), _said(words, "title_en")),
        about=(_said(words, "about_th"), _said(words, "about_en")), source=_both(words, "source"),
        licence=_said(words, "licence"), shape=shape_in(_said(words, "geometry")),
        audiences=audiences | _of_lines(words, "audience", sources, audience_in),
        natures=_of_lines(words, "nature", sources, nature_in), labels=_of_lines(words, "label", sources, both_of),
        editors=audience_in(editors) if (editors := _said(words, "editors")) else None,
        instant=_said(words, "datetime"), color=_said(words, "color"), symbol=_said(words, "symbol"),
        label=_said(words, "label"), added=added, processing=processing_of(why) if why else None,
        key=(key,) if (key := _said(words, "key")) else None,
    )  # fmt: skip


def _said(words: Mapping[str, str], name: str, most: int = 600) -> str | None:
    value = words.get(name, "").strip()
    if len(value) > most:
        raise BadRequest(f"{name}: ยาวเกิน {most} ตัวอักษร", f"{name}: longer than {most} characters")
    return value or None


def _of_lines(words: Mapping[str, str], name: str, sources: list[str], read: Callable[[str], One]) -> dict[str, One]:
    """What the lines of the table say, by the column's name in the file; an empty field says nothing."""
    found = {}
    for place, source in enumerate(sources):
        written = _said(words, f"{name}.{place}")
        if written:
            found[source] = read(written)
    return found


def _pair(words: Mapping[str, str], name: str) -> Text | None:
    th, en = _said(words, f"{name}_th"), _said(words, f"{name}_en")
    return Text(th or en or "", en or th or "") if th or en else None


def _both(words: Mapping[str, str], name: str) -> Text | None:
    written = _said(words, name)
    return both_of(written) if written else None


def _why(words: Mapping[str, str]) -> Why | None:
    purpose, basis = _said(words, "purpose"), _said(words, "basis")
    if not (purpose or _said(words, "keep_years")):
        return None
    if not (purpose and basis):
        raise BadRequest("ต้องบอกทั้งวัตถุประสงค์และฐานทางกฎหมาย", "both the purpose and the lawful basis are needed")
    years = _said(words, "keep_years")
    if years is not None and not (years.isascii() and years.isdigit() and len(years) < 4):
        raise BadRequest("จำนวนปีต้องเป็นตัวเลข", "the years are a number")
    return Why(purpose=purpose, basis=basis, keep_years=int(years) if years else None,
               sensitive_basis=_said(words, "sensitive_basis"))  # fmt: skip


def named_audiences() -> tuple[Audience, ...]:
    """Those that a column may be for."""
    return (Audience.PUBLIC, Audience.PARTNER, Audience.COMMUNITY, Audience.STAFF, Audience.CARE, Audience.TAX)
