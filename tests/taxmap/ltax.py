"""LTAX-like parcel files in either storage form, made up from lots in a grid, with the defects of real ones planted.

The frequencies are those of DOMAIN 2.3 for 7,970 parcels; what was planted is handed back as the truth, finding by
finding. Nobody in them is real: owners are numbers, deeds are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from tests.intake_open.made import dbf

ROWS = 7_970
COLUMNS, LINES = 10, 3
OF_A_BLOCK = COLUMNS * LINES
EAST, NORTH = 662_000.0, 774_000.0  # Hat Yai, in metres of EPSG:24047
STREET = 8.0
GARBLED = "*เน€เธ…"
# Name, bytes: ten letters at most, as a DBF has them, in the spelling of real files.
FIELDS: tuple[tuple[str, int], ...] = (
    ("parcel_cod", 20), ("zone_id", 4), ("block_id", 4), ("lot", 16), ("Id_Chanod", 60), ("survey_no", 12),
    ("land_no", 12), ("rai", 6), ("ngan", 4), ("wa", 8), ("subwa", 4), ("land_type", 60), ("mapsheet", 20),
    ("utm_scale", 8), ("tax_year", 6), ("own_line_n", 60), ("own_Hse_no", 20), ("own_moo", 6), ("own_soi", 60),
    ("own_villag", 90), ("own_road", 90), ("own_tambol", 60), ("own_amphur", 60), ("own_provin", 60),
)  # fmt: skip
NAMES = tuple(name for name, _ in FIELDS)
IN_THREE, IN_TWO = 3_921, 3_808
NEITHER, UNJUDGED, BLANK_CODES = 88, 153, 12
OTHER_ZONES, REPEATED_CODES, WORST = 3_286, 96, ("02I085/003", 17)
BLANK_DEEDS, REPEATED_DEEDS = 1_098, 87
GARBLED_CELLS = {"Id_Chanod": 55, "own_tambol": 8, "own_road": 5, "own_villag": 3, "land_type": 2, "own_amphur": 1}
NOTHINGS = {"own_soi": ("None", 40), "own_moo": ("-", 25), "own_Hse_no": ("N/A", 5), "own_road": ("null", 7)}
CUT = ("own_villag", 30)
UNKNOWN_TYPES, SHORT_YEARS, COMMON_YEARS, WIDE_WAH, OTHER_AREAS = 11, 20, 30, 9, 60
OVERLAPS, GAPS, TWICE, THIN, FAR, SPIKED = 12, 9, 6, 5, 7, 10

Cells = dict[str, NDArray[np.object_]]
Rows = NDArray[np.intp]


@dataclass(kw_only=True)
class Ltax:
    """A file, the finding ids that are true of it with their counts and rows (from 1), and its town's outline."""

    path: Path
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    boundary: Any = None

    def tell(self, id: str, rows: Sequence[int] | Rows, *, count: int | None = None) -> None:
        """That these positions (from 0) have this finding."""
        self.rows[id] = sorted({int(row) + 1 for row in rows})
        self.counts[id] = len(self.rows[id]) if count is None else count


@dataclass(kw_only=True)
class _Lots:
    """Rings (n, 5, 2) in metres, the blocks they stand in, and their places in them."""

    rings: NDArray[np.float64]
    block: Rows
    column: Rows
    line: Rows


def lots(count: int, rng: np.random.Generator) -> _Lots:
    """Lots in blocks of three lines between streets; neighbours share their corners to the millimetre."""
    blocks = -(-count // OF_A_BLOCK)
    side = int(np.ceil(np.sqrt(blocks)))
    widths, depths = rng.uniform(12, 30, (blocks, COLUMNS)), rng.uniform(25, 45, (blocks, LINES))
    xs = np.round(np.concatenate((np.zeros((blocks, 1)), np.cumsum(widths, axis=1)), axis=1), 3)
    ys = np.round(np.concatenate((np.zeros((blocks, 1)), np.cumsum(depths, axis=1)), axis=1), 3)
    number = np.arange(count)
    block, place = np.divmod(number, OF_A_BLOCK)
    line, column = np.divmod(place, COLUMNS)
    west = EAST + (block % side) * (30.0 * COLUMNS + STREET)
    south = NORTH + (block // side) * (45.0 * LINES + STREET)
    x0, x1 = west + xs[block, column], west + xs[block, column + 1]
    y0, y1 = south + ys[block, line], south + ys[block, line + 1]
    corners = (x0, y0), (x0, y1), (x1, y1), (x1, y0), (x0, y0)
    rings = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    return _Lots(rings=rings, block=block, column=column, line=line)


def write_ltax(
    folder: Path, *, form: str = "mixed", rows: int = ROWS, seed: int = 1, encoding: str = "cp874",
    cpg: str | None = None, prj: bool = True, defects: bool = True, name: str = "parcel",
) -> Ltax:  # fmt: skip
    """`{name}.shp` with its other files. `form` is "A", "B" or "mixed"; a clean file is without `defects`."""
    rng = np.random.default_rng(seed)
    ground = lots(rows, rng)
    made = Ltax(path=folder / f"{name}.shp")
    cells = _cells(ground, rng)
    in_two = np.zeros(rows, dtype=bool) if form == "A" else np.ones(rows, dtype=bool)
    if form == "mixed":
        # As many as real files have, but for those that fit neither or cannot be judged.
        in_two[rng.permutation(rows)[: round(rows * IN_THREE / (IN_THREE + IN_TWO))]] = False
    _keep_in_two(cells, in_two)
    shapes: NDArray[np.object_] = np.array(shapely.polygons(ground.rings), dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    made.boundary = in_degrees(np.array([shapely.box(west - 50, south - 50, east + 50, north + 50)]))[0]
    if defects:
        _plant(made, cells, ground, shapes, in_two, rng, _width(encoding))
    _write_area(cells, shapes, made, rng, defects=defects)
    _write(made.path, cells, shapes, encoding, cpg, prj=prj)
    return made


def in_degrees(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Metres of EPSG:24047 as longitude and latitude, by EPSG:1304."""
    from geo.shapes.crs import operation_to_wgs84, to_wgs84

    return to_wgs84(shapes, operation_to_wgs84(pyproj.CRS("EPSG:24047")))


def _cells(ground: _Lots, rng: np.random.Generator) -> Cells:
    count = len(ground.block)
    # Three blocks on the ground are one of the codes, so that two digits are enough for the zones of a city.
    named, part_of = np.divmod(ground.block, 3)
    zone = [f"{block // 26 + 1:02d}" for block in named.tolist()]
    block = [chr(65 + block % 26) for block in named.tolist()]
    place = part_of * OF_A_BLOCK + ground.line * COLUMNS + ground.column + 1
    sub = np.where(rng.random(count) < 0.1, "/001", "")
    lot = [f"{number:03d}{part}" for number, part in zip(place.tolist(), sub.tolist(), strict=True)]
    deeds = rng.permutation(np.arange(10_000, 10_000 + 3 * count))[:count]
    found: dict[str, Any] = {
        "parcel_cod": ["".join(parts) for parts in zip(zone, block, lot, strict=True)], "zone_id": zone,
        "block_id": block, "lot": lot, "Id_Chanod": deeds.astype(str), "survey_no": (deeds + 7).astype(str),
        "land_no": (place + 100).astype(str), "land_type": ["โฉนดที่ดิน"] * count, "mapsheet": ["5023II6274"] * count,
        "utm_scale": ["1000"] * count, "tax_year": ["2567"] * count,
        "own_line_n": [f"เจ้าของสมมติ {number}" for number in range(count)],
        "own_Hse_no": [f"{number % 400 + 1}/{number % 9}" for number in range(count)], "own_moo": ["3"] * count,
        "own_soi": ["ซอยสมมติ 5"] * count, "own_villag": ["หมู่บ้านสมมติ"] * count, "own_road": ["ถนนสมมติ"] * count,
        "own_tambol": ["หาดใหญ่"] * count, "own_amphur": ["หาดใหญ่"] * count, "own_provin": ["สงขลา"] * count,
        "rai": [""] * count, "ngan": [""] * count, "wa": [""] * count, "subwa": [""] * count,
    }  # fmt: skip
    return {name: np.array(found[name], dtype=object) for name in NAMES}


def _keep_in_two(cells: Cells, rows: NDArray[np.bool_]) -> None:
    cells["block_id"][rows] = cells["zone_id"][rows] + cells["block_id"][rows]


def _width(encoding: str) -> int:
    return 3 if encoding.upper().startswith("UTF") else 1


def _plant(
    made: Ltax, cells: Cells, ground: _Lots, shapes: NDArray[np.object_], in_two: NDArray[np.bool_],
    rng: np.random.Generator, letter: int,
) -> None:  # fmt: skip
    count = len(in_two)
    _plant_codes(made, cells, in_two, rng)
    free = rng.permutation(count)
    _plant_deeds(made, cells, free)
    for name, many in GARBLED_CELLS.items():
        fit = _single(cells[name]) if name == "Id_Chanod" else np.arange(count)
        rows = rng.permutation(fit)[:many]
        cells[name][rows] = [f"{GARBLED}{turn}" if name == "Id_Chanod" else GARBLED for turn in range(len(rows))]
        made.tell(f"mojibake:{name}", rows)
    for name, (word, many) in NOTHINGS.items():
        rows = rng.permutation(np.flatnonzero(cells[name] != GARBLED))[:many]
        cells[name][rows] = word
        made.tell(f"null-literal:{name}", rows)
    name, many = CUT
    rows = rng.permutation(np.flatnonzero(cells[name] != GARBLED))[:many]
    cells[name][rows] = "หมู่บ้านที่มีชื่อยาวมากจนเกินกว่าช่องของแฟ้มจะเก็บไว้ได้ทั้งหมดจึงถูกตัดเสียกลางคำเมื่อส่งออกจากระบบเดิมของเทศบาล"
    made.tell(f"text-cut:{name}", rows)
    plain = rng.permutation(np.flatnonzero(cells["land_type"] != GARBLED))
    cells["land_type"][plain[:UNKNOWN_TYPES]] = "เอกสารแปลกใหม่"
    made.tell("unknown-code:land_type", plain[:UNKNOWN_TYPES])
    years = rng.permutation(count)
    short, common = years[:SHORT_YEARS], years[SHORT_YEARS : SHORT_YEARS + COMMON_YEARS]
    cells["tax_year"][short], cells["tax_year"][common] = "67", "2024"
    made.tell("short-year:tax_year", short)
    made.tell("mixed-years:tax_year", common)
    _plant_shapes(made, ground, shapes, rng)


def _single(deeds: NDArray[np.object_]) -> Rows:
    """Rows whose deed is there, and in no other row."""
    values, counts = np.unique(deeds[deeds != ""], return_counts=True)
    return np.flatnonzero(np.isin(deeds, values[counts == 1]))


def _plant_codes(made: Ltax, cells: Cells, in_two: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """The defects of codes, each in rows of its own so that each has its own count."""
    three, two = rng.permutation(np.flatnonzero(~in_two)), rng.permutation(np.flatnonzero(in_two))
    spare = len(three) - IN_THREE, len(two) - IN_TWO
    odd = np.concatenate((three[: spare[0]], two[: spare[1]]))
    three, two = three[spare[0] :], two[spare[1] :]
    neither, unjudged = odd[:NEITHER], odd[NEITHER : NEITHER + UNJUDGED]
    for turn, row in enumerate(neither):
        cells["zone_id"][row], cells["block_id"][row] = "77", "77Z"
        cells["parcel_cod"][row] = f"78Y{turn % 900 + 1:03d}/{turn + 200}"
    cells["lot"][unjudged[BLANK_CODES:]] = ""
    cells["parcel_cod"][unjudged[:BLANK_CODES]] = ""
    cells["zone_id"][two[:OTHER_ZONES]] = "9"
    worst, times = WORST
    same = two[:times]
    cells["parcel_cod"][same], cells["block_id"][same], cells["lot"][same] = worst, "02I", "085/003"
    pairs = REPEATED_CODES - (times - 1)
    first, second = three[:pairs], three[pairs : 2 * pairs]
    for name in ("parcel_cod", "zone_id", "block_id", "lot"):
        cells[name][second] = cells[name][first]
    made.tell("duplicate-key:parcel_cod", np.concatenate((same, first, second)))
    made.tell("no-key:parcel_cod", unjudged[:BLANK_CODES])
    made.tell("key-composition:parcel_cod", neither)
    made.tell("code-unjudged:parcel_cod", unjudged)
    made.tell("zone-contradicts:zone_id", two[:OTHER_ZONES])
    more = in_two[odd[NEITHER + UNJUDGED :]]
    made.forms = {"three": len(three) + int((~more).sum()), "two": len(two) + int(more.sum()),
                  "disagrees": len(neither), "unjudged": len(unjudged)}  # fmt: skip


def _plant_deeds(made: Ltax, cells: Cells, free: Rows) -> None:
    deeds = cells["Id_Chanod"]
    blank, first = free[:BLANK_DEEDS], free[BLANK_DEEDS : BLANK_DEEDS + REPEATED_DEEDS]
    second = free[BLANK_DEEDS + REPEATED_DEEDS : BLANK_DEEDS + 2 * REPEATED_DEEDS]
    deeds[blank] = ""
    deeds[second] = deeds[first]
    made.tell("deed-blank:Id_Chanod", blank)
    made.tell("deed-repeated:Id_Chanod", np.concatenate((first, second)))


def _plant_shapes(made: Ltax, ground: _Lots, shapes: NDArray[np.object_], rng: np.random.Generator) -> None:
    """Each in a block of its own, so that no defect changes another's count; in its middle line."""
    whole = len(shapes) // OF_A_BLOCK
    blocks = iter(rng.permutation(whole).tolist())

    def lot(line: int = 1, column: int = 4) -> int:
        return int(next(blocks)) * OF_A_BLOCK + line * COLUMNS + column

    def east_edge_moved(row: int, metres: float) -> Any:
        ring = ground.rings[row].copy()
        ring[2:4, 0] += metres
        return shapely.polygons(ring)

    over = [lot() for _ in range(OVERLAPS)]
    for row in over:
        shapes[row] = east_edge_moved(row, 1.0)
    made.tell("overlap", [*over, *(row + 1 for row in over)], count=OVERLAPS)
    apart = [lot(line=turn % LINES) for turn in range(GAPS)]
    for row in apart:
        shapes[row] = east_edge_moved(row, -0.3)
    made.tell("gap", apart, count=GAPS)
    twice = [lot() for _ in range(TWICE)]
    for row in twice:
        shapes[row + 2] = shapes[row]
    made.tell("duplicate-shape", [*twice, *(row + 2 for row in twice)])
    west, south, east, north = shapely.total_bounds(shapes)
    thin, far = [lot() for _ in range(THIN)], [lot() for _ in range(FAR)]
    for turn, row in enumerate(thin):
        shapes[row] = shapely.box(west + 20 * turn, south - 20, west + 20 * turn + 8, south - 19.8)
    made.tell("sliver", thin)
    for turn, row in enumerate(far):
        shapes[row] = shapely.box(east + 5_000 + 60 * turn, north, east + 5_020 + 60 * turn, north + 40)
    made.tell("outside-municipality", far)
    spiked = [lot() for _ in range(SPIKED)]
    for row in spiked:
        ring, middle = ground.rings[row], ground.rings[row][:4].mean(axis=0)
        shapes[row] = shapely.polygons([*ring[:1], middle, *ring])
    made.tell("repaired", spiked)


def _write_area(
    cells: Cells, shapes: NDArray[np.object_], made: Ltax, rng: np.random.Generator, *, defects: bool
) -> None:
    """What a deed would say of each lot, rounded to a tenth of a square wah."""
    tenths = np.round(shapely.area(shapely.make_valid(shapes)) / 4 * 10).astype(np.int64)
    wide: Rows = np.zeros(0, dtype=np.intp)
    if defects:
        usual = rng.permutation(np.flatnonzero((tenths > 1_000) & (tenths < 2_000)))
        other, wide = usual[:OTHER_AREAS], usual[OTHER_AREAS : OTHER_AREAS + WIDE_WAH]
        tenths[other] *= 2
        made.tell("area-differs:rai", other)
        made.tell("area-units:wa", wide)
    wah, part = np.divmod(tenths, 10)
    ngan, wah = np.divmod(wah, 100)
    rai, ngan = np.divmod(ngan, 4)
    wah[wide], ngan[wide] = wah[wide] + 100, ngan[wide] - 1
    for name, values in (("rai", rai), ("ngan", ngan), ("wa", wah), ("subwa", part)):
        cells[name][:] = [str(value) for value in values.tolist()]


def _write(path: Path, cells: Cells, shapes: NDArray[np.object_], encoding: str, cpg: str | None, *, prj: bool) -> None:
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(shapes), field_data=[], fields=[], driver="ESRI Shapefile",
        geometry_type="Polygon", crs="EPSG:24047",
    )  # fmt: skip
    columns = [[_encoded(cell, width, encoding) for cell in cells[name].tolist()] for name, width in FIELDS]
    fields = [(name, "C", width) for name, width in FIELDS]
    path.with_suffix(".dbf").write_bytes(dbf(fields, list(zip(*columns, strict=True))))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    if not prj:
        path.with_suffix(".prj").unlink()


def _encoded(cell: str, width: int, encoding: str) -> bytes:
    """Cut at the field's bytes, in the middle of a letter too, as a DBF writer does."""
    return cell.encode(encoding)[:width]
