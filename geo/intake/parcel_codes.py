"""Parcel codes of the tax map and the zone, block and lot beside them (DOMAIN 2.2, 2.3).

Offices keep the parts in two ways: `04` `B` `066` for 04B066, or a block of three letters, `02S` with `015/004`,
beside a zone that means something else. The code is taken apart and compared; it is never rebuilt from its parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.seen import Seen

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute
Column = Any  # an array or a chunked array of texts

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


@dataclass(frozen=True, kw_only=True)
class Composition:
    """How each row keeps the parts of its code: exactly one of the four is true of a row.

    `in_three`: zone, block and lot (`04` `B` `066`); `in_two`: block and lot (`02S` `015/004`), whatever its zone
    says; `disagrees`: the code is not what its parts say; `unjudged`: the code or a part is empty. `other_zone` marks
    the rows kept in two whose zone is not the one in the code.
    """

    in_three: NDArray[np.bool_]
    in_two: NDArray[np.bool_]
    disagrees: NDArray[np.bool_]
    unjudged: NDArray[np.bool_]
    other_zone: NDArray[np.bool_]


def composition(columns: Mapping[str, Column]) -> Composition | None:
    """How the rows keep their parts; None where the file lacks the code or a part altogether."""
    if not {"parcel_code", "zone", "block", "lot"} <= set(columns):
        return None
    code, zone, block, lot = (columns[name] for name in ("parcel_code", "zone", "block", "lot"))
    parts: Any = compute.extract_regex(code, PARCEL_CODE)
    own_zone, own_block, own_lot, own_sub = (
        compute.struct_field(parts, name) for name in ("zone", "block", "lot", "sub")
    )
    join: Any = compute.binary_join_element_wise
    same_lot = compute.or_(compute.equal(lot, own_lot), compute.equal(lot, join(own_lot, own_sub, "")))
    same_zone = compute.equal(zone, own_zone)
    in_three = _mask(compute.and_(compute.and_(same_zone, compute.equal(block, own_block)), same_lot))
    in_two = _mask(compute.and_(compute.equal(block, join(own_zone, own_block, "")), same_lot))
    unjudged = np.zeros(len(code), dtype=bool)
    for values in (code, zone, block, lot):
        unjudged |= ~_mask(compute.not_equal(values, ""))
    # A code that is no parcel code agrees with nothing, and is told as such by its pattern.
    unjudged |= ~_mask(compute.is_valid(own_zone))
    in_three, in_two = in_three & ~unjudged, in_two & ~in_three & ~unjudged
    return Composition(
        in_three=in_three, in_two=in_two, disagrees=~(in_three | in_two | unjudged), unjudged=unjudged,
        other_zone=in_two & ~_mask(same_zone),
    )  # fmt: skip


def _mask(values: Any) -> NDArray[np.bool_]:
    return np.array(compute.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def tell_parts_that_disagree(columns: Mapping[str, pa.Array[Any]], seen: Seen, headers: Mapping[str, str]) -> None:
    """Warn of rows whose code and parts contradict each other; a row that lacks a part cannot be judged."""
    kept = composition(columns)
    if kept is None:
        return
    code, zone, block, lot = (columns[name] for name in ("parcel_code", "zone", "block", "lot"))
    where = np.flatnonzero(kept.disagrees & ~seen.refused)
    room = min(len(where), seen.findings.values_room("key-composition", headers.get("parcel_code")))
    for place in where[:room]:
        written = " ".join(str(values[int(place)]) for values in (code, zone, block, lot))
        seen.warn("key-composition", DISAGREE, np.array([place]), field="parcel_code",
                  column=headers.get("parcel_code"), value=written)  # fmt: skip
    if len(where) > room:
        seen.count("key-composition", DISAGREE, where[room:], field="parcel_code",
                   column=headers.get("parcel_code"), values=len(where) - room)  # fmt: skip
