"""What pages and JSON tell a steward of town layers; examples of a file's values are for whoever sent it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.town_forms import SHAPES, named_audiences
from geo.errors import Text
from geo.intake.describe import Described
from geo.layer import Audience, Cells
from geo.people.grants import BANGKOK
from geo.personal import BASES, SENSITIVE_BASES
from geo.store.town_definition import ColumnType, Definition
from geo.store.town_layers import DID
from geo.store.town_tables import TownLayerAct

TYPES: Mapping[str, Text] = {
    "text": Text("ข้อความ", "Text"), "integer": Text("จำนวนเต็ม", "Whole number"), "number": Text("จำนวน", "Number"),
    "boolean": Text("ใช่/ไม่ใช่", "Yes or no"), "date": Text("วันที่", "Day"), "timestamp": Text("วันเวลา", "Time"),
    "text[]": Text("รายการข้อความ", "List of texts"), "integer[]": Text("รายการจำนวนเต็ม", "List of whole numbers"),
    "number[]": Text("รายการจำนวน", "List of numbers"),
}  # fmt: skip
NATURES = {"person": Text("ข้อมูลบุคคล (ม.24)", "Personal (s.24)"), "sensitive": Text("อ่อนไหว (ม.26)", "Sensitive (s.26)")}
STATES = {"in use": Text("ใช้อยู่", "In use"), "removed": Text("นำออกแล้ว", "Removed")}
SYMBOLS = {
    "circle": Text("วงกลม", "Circle"), "triangle": Text("สามเหลี่ยม", "Triangle"), "square": Text("สี่เหลี่ยม", "Square"),
    "drop": Text("หยดน้ำ", "Drop"),
}  # fmt: skip
EDITORS = (Audience.STAFF, Audience.COMMUNITY, Audience.CARE, Audience.TAX)


def words_of_pages() -> dict[str, Any]:
    """What the pages of town layers call things."""
    return {
        "types": TYPES, "natures": NATURES, "layer_states": STATES, "symbols": SYMBOLS, "shapes": SHAPES,
        "column_types": [one.value for one in ColumnType], "audiences": [one.value for one in named_audiences()],
        "editing": [one.value for one in EDITORS], "bases": BASES, "sensitive_bases": SENSITIVE_BASES,
    }  # fmt: skip


def described_json(found: Described, names: Sequence[str]) -> dict[str, Any]:
    """A file before it is a layer."""
    return {
        "file_name": found.file_name, "driver": found.driver, "rows": found.rows, "shapes": list(found.kinds),
        "without_shape": found.without_shape, "has_heights": found.has_heights, "towns_from": found.towns_from,
        "columns": [
            {"source": one.source, "becomes": name, "type": one.type.value, "empty": one.empty,
             "examples": list(one.examples)}
            for name, one in zip(names, found.columns, strict=True)
        ],
    }  # fmt: skip


def definition_json(said: Definition) -> dict[str, Any]:
    """A layer as it says of itself."""
    cells = said.public if isinstance(said.public, Cells) else None
    shape = f"cells:{cells.metres}:{cells.at_least}" if cells else str(said.public).replace(" ", "-")
    words = said.as_json()
    return {
        **{name: words[name] for name in ("id", "title", "about", "source", "licence", "key", "editors", "color",
                                          "symbol", "label", "processing")},
        "municipality": said.town, "datetime": said.instant, "geometry": shape, "shapes": list(said.kinds),
        "columns": [
            {"becomes": one.name, "source": one.source, "type": one.type.value, "audience": one.audience.value,
             "nature": one.nature.value if one.nature else None, "words": f"{one.label.th} | {one.label.en}"
             if one.label.th != one.label.en else one.label.th}
            for one in said.columns
        ],
    }  # fmt: skip


def act_json(one: TownLayerAct) -> dict[str, Any]:
    """One line of a layer's history."""
    did = DID[one.did]
    return {"at": one.at.astimezone(BANGKOK).isoformat(timespec="minutes"), "by": one.by, "did": one.did,
            "did_th": did.th, "did_en": did.en, "reason": one.reason}  # fmt: skip
