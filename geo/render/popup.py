"""What a popup shows: the declared fields that an audience gets, as data for the page's own script.

Values never meet HTML here. The script puts them on the page as text nodes, so that a name such as
`<img onerror=…>`, `${…}` or a backtick stays the words it is (PITFALLS 4 and 5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from geo.errors import Text
from geo.layer import Field, Layer
from geo.store.read import Asking, shown_fields

MONTHS = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")


def popup_fields(layer: Layer, asking: Asking) -> tuple[Field, ...]:
    """The popup's fields that this audience gets, in the declared order, with the column of the colours."""
    shown = shown_fields(layer, asking)
    names = dict.fromkeys((*layer.popup, *((layer.style.by,) if layer.style.by else ())))
    return tuple(shown[name] for name in names if name in shown)


def carried_fields(layer: Layer, asking: Asking) -> tuple[Field, ...]:
    """What tiles bring this audience beside the popup, to colour and filter by; of themes when they are asked for."""
    shown, told = shown_fields(layer, asking), popup_fields(layer, asking)
    themed = (theme.by for theme in layer.themes if theme.apart_from is None)
    return tuple(
        shown[name] for name in dict.fromkeys((*layer.carried, *themed)) if name in shown and shown[name] not in told
    )


def field_words(words: Field) -> dict[str, Any]:
    """One field as the script reads it."""
    return {
        "name": words.name,
        "label": pair(words.label),
        "codes": words.codes.id if words.codes else None,
        "many": words.many,
        "unit": words.unit,
        "kind": _kind(words),
    }


def code_lists(fields: Iterable[Field]) -> Mapping[str, list[dict[str, Any]]]:
    """Every code list that the fields need, by its id."""
    lists = {words.codes.id: words.codes for words in fields if words.codes}
    return {
        name: [
            {"code": one.code, "label": pair(one.label), "color": one.color, "pattern": one.pattern}
            for one in lists[name].codes
        ]
        for name in sorted(lists)
    }


def pair(text: Text) -> dict[str, str]:
    """Both languages as JSON has them."""
    return {"th": text.th, "en": text.en}


def day(value: dt.date) -> Text:
    """A day as people write it: the Buddhist era in Thai, the common era in English."""
    thai = f"{value.day} {MONTHS[value.month - 1]} {value.year + 543}"
    return Text(thai, f"{value.day} {value:%b} {value.year}")


def _kind(words: Field) -> str:
    if words.python_type is bool:
        return "truth"
    if words.python_type is dt.date:
        return "date"
    if words.codes or words.link:
        return "text"
    if words.name.endswith("year"):
        return "year"
    return "number" if words.python_type in (int, float, Decimal) else "text"
