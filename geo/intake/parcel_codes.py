"""Parcel codes of the tax map and the zone, block and lot beside them (DOMAIN 2.2, 2.3).

Offices keep the parts in two ways: `04` `B` `066` for 04B066, or a block of three letters, `02S` with `015/004`,
beside a zone that means something else. The code is taken apart and compared; it is never rebuilt from its parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute

from geo.errors import Text
from geo.intake.seen import Seen

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

# [0-9] and not \d, which takes Thai digits too.
PARCEL_CODE = r"^(?P<zone>[0-9]{2})(?P<block>[A-Z])(?P<lot>[0-9]{3})(?P<sub>(?:/[0-9]{1,3}){0,3})$"
DISAGREE = Text("รหัสแปลงไม่ตรงกับเขต/บล็อก/ล็อตในแถวเดียวกัน เก็บไว้ตามเดิม",
                "the code does not agree with its zone, block and lot; kept as it is")  # fmt: skip


class ParcelCode(NamedTuple):
    """The parts of a code as printed."""

    zone: str
    block: str
    lot: str
    sub: str


def parcel_code(text: str) -> ParcelCode | None:
    """`02S015/004` is zone 02, block S, lot 015, sub /004; None for what is no parcel code."""
    found = re.fullmatch(PARCEL_CODE, text)
    return ParcelCode(**found.groupdict()) if found else None


def tell_parts_that_disagree(columns: Mapping[str, pa.Array[Any]], seen: Seen, headers: Mapping[str, str]) -> None:
    """Warn of rows whose code and parts contradict each other; a row that lacks a part cannot be judged."""
    if not {"parcel_code", "zone", "block", "lot"} <= set(columns):
        return
    code, zone, block, lot = (columns[name] for name in ("parcel_code", "zone", "block", "lot"))
    parts: Any = compute.extract_regex(code, PARCEL_CODE)
    own_zone, own_block, own_lot, own_sub = (
        compute.struct_field(parts, name) for name in ("zone", "block", "lot", "sub")
    )
    join: Any = compute.binary_join_element_wise
    same_lot = compute.or_(compute.equal(lot, own_lot), compute.equal(lot, join(own_lot, own_sub, "")))
    in_three = compute.and_(compute.equal(zone, own_zone), compute.equal(block, own_block))
    in_two = compute.equal(block, join(own_zone, own_block, ""))
    agrees = compute.and_kleene(compute.or_kleene(in_three, in_two), same_lot)
    wrong = ~np.asarray(compute.fill_null(agrees, True)) & ~seen.refused
    where = np.flatnonzero(wrong)
    room = min(len(where), seen.findings.values_room("key-composition", headers.get("parcel_code")))
    for place in where[:room]:
        written = " ".join(str(values[int(place)]) for values in (code, zone, block, lot))
        seen.warn("key-composition", DISAGREE, np.array([place]), field="parcel_code",
                  column=headers.get("parcel_code"), value=written)  # fmt: skip
    if len(where) > room:
        more = len(where) - room
        seen.findings.count_values("key-composition", headers.get("parcel_code"), rows=more, values=more)
