"""Which layer a file is for, when nobody said: by its headers, its shapes, and last by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geo.errors import Text
from geo.intake.doctor.files import TAX_MAP
from geo.intake.doctor.land_office import KIND, is_land_office
from geo.intake.load import LoadOptions
from geo.intake.match import found_by_name
from geo.intake.open import Opened, opened
from geo.layer import Layer

KEY_WORTH = 4
_NAMES = {
    "parcel": r"parcel|lot|แปลง", "building": r"build|bldg|โรงเรือน|อาคาร", "sign_board": r"sign|ป้าย",
    "tax_zone": r"zone|เขต", "tax_block": r"block|บล็อก", "tax_sheet": r"sheet|ระวาง",
}  # fmt: skip
_NO_OPTIONS = LoadOptions()


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a file seems to be (a layer's id, or "land_office"; None: nobody can tell), and why."""

    kind: str | None
    why: Text


def guessed(
    path: Path, layers: Mapping[str, Layer], options: LoadOptions = _NO_OPTIONS, *, file_name: str | None = None
) -> Guess:
    """The kind of a file; RefusedImport when it cannot even be opened."""
    with opened(path, file_name=file_name, encoding=options.encoding, crs=options.crs, layer=options.sheet) as file:
        return guess_of(file, layers)


def guess_of(file: Opened, layers: Mapping[str, Layer]) -> Guess:
    """The kind of an open file."""
    headers = [name for name, _ in file.columns]
    if is_land_office(headers) and file.geometry_type is None:
        return Guess(kind=KIND, why=Text("หัวตารางเป็นของบัญชี ม.10", "its headers are those of the monthly list (ม.10)"))
    worth = {name: _worth(layers[name], file, headers) for name in TAX_MAP if name in layers}
    worth = {name: points for name, points in worth.items() if points > 0}
    best = max(worth.values(), default=0)
    chosen = [name for name, points in worth.items() if points == best]
    if len(chosen) == 1:
        found, _ = found_by_name(layers[chosen[0]], headers, driver=file.driver)
        listed = ", ".join(list(found.values())[:6]) or file.file_name
        return Guess(kind=chosen[0], why=Text(f"จากคอลัมน์และชื่อไฟล์: {listed}", f"by its columns and name: {listed}"))
    listed = ", ".join(chosen) or "–"
    why = Text(
        f"บอกไม่ได้ว่าเป็นชั้นใด ({listed}) ระบุด้วย --layer",
        f"nobody can tell which layer it is ({listed}); say which with --layer",
    )
    return Guess(kind=None, why=why)


def _worth(layer: Layer, file: Opened, headers: list[str]) -> int:
    """How much speaks for a layer; 0 where the shapes cannot be its own, or nothing speaks for it."""
    if file.geometry_type is not None and not _may_hold(layer, file.geometry_type):
        return 0
    found, _ = found_by_name(layer, headers, driver=file.driver)
    keys = {name for key in layer.keys for name in key}
    points = sum(KEY_WORTH if name in keys else 1 for name in found if layer.fields[name].link is None)
    named = re.search(_NAMES[layer.id], Path(file.file_name).stem.casefold()) is not None
    return points + (KEY_WORTH + 1 if named else 0)


def _may_hold(layer: Layer, geometry_type: str) -> bool:
    kind = geometry_type.upper().removesuffix(" Z").removeprefix("MULTI").split(" ")[0]
    return kind in ("UNKNOWN", "GEOMETRY", "GEOMETRYCOLLECTION") or kind in layer.shape.kinds
