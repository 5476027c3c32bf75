"""Communities: the land put together along its streets, with the names that public documents give and made-up others.

The ten railside communities of Hat Yai have no names in any public document, so they get numbers and say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator

from data.demo.ground import CANALSIDE, OUTER, RAILSIDE, Bools, Ints, Land, Lots, Shapes
from data.demo.plan import Floats, Plan

LOTS_EACH = 260
MADE_UP = (
    ("ตลาด", "Market"), ("หน้าวัด", "Temple front"), ("หลังโรงเรียน", "Behind the school"), ("หมู่บ้าน", "Village"),
    ("ท้ายซอย", "Lane end"), ("ทุ่ง", "Fields"), ("สวน", "Orchard"), ("สี่แยก", "Crossroads"), ("หน้าสถานี", "Station front"),
)  # fmt: skip
# Names are facts of public documents; where each one lies here is made up (metres from the town's centre).
NAMED: dict[str, tuple[tuple[str, str, str, float, float], ...]] = {
    "9098": (
        ("ป้อมหก", "Pom Hok", "urban", -560, 300),
        ("จันทร์วิโรจน์", "Chan Wirot", "urban", 420, -900),
        ("จันทร์นิเวศน์", "Chan Niwet", "urban", 900, -950),
        ("จันทร์ประทีป", "Chan Prathip", "urban", 1350, -950),
        ("รัตนวิบูลย์", "Rattana Wibun", "urban", 900, -380),
        ("รัชมังคลาภิเษก", "Ratchamangkhalaphisek", "urban", -1000, 900),
        ("สถานีสอง", "Sathani Song", "urban", -560, -500),
        ("บางหัก", "Bang Hak", "urban", -1080, -600),
    ),
    "9099": (
        ("แหลมสนอ่อน", "Laem Son On", "coastal", -380, 2850),
        ("แหลมทราย", "Laem Sai", "coastal", -700, 2150),
        ("สวนหมาก", "Suan Mak", "urban", -250, 1900),
        ("บ่อนวัวเก่า", "Bon Wua Kao", "urban", -640, 1350),
        ("มัสยิดบ้านบน", "Ban Bon Mosque", "religious", -680, 900),
        ("นอกสวน", "Nok Suan", "urban", -150, 1250),
        ("หัวป้อม", "Hua Pom", "urban", -430, 520),
        ("กุโบร์", "Kubo", "religious", 0, 620),
        ("หลังวิทยาลัยอาชีวะ", "Behind the Vocational College", "urban", 380, 700),
        ("ศาลาเหลือง", "Sala Lueang", "urban", -330, -100),
        ("ศาลาเหลืองเหนือ", "Sala Lueang Nuea", "urban", -330, 150),
        ("วัดศาลาหัวยาง", "Wat Sala Hua Yang", "religious", 100, -850),
        ("วชิราซอยคู่", "Wachira Soi Khu", "urban", 350, -1300),
        ("เมืองใหม่พัฒนา", "Mueang Mai Phatthana", "urban", 800, -1000),
        ("เก้าเส้ง", "Kao Seng", "coastal", 2050, -1950),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Communities:
    """The communities of a town, in the order of their codes."""

    codes: list[str]
    names_th: list[str]
    names_en: list[str]
    kinds: list[str]
    shapes: Shapes

    def of(self, places: Floats) -> Ints:
        """The community of each place, or -1."""
        found = np.full(len(places), -1)
        place, community = shapely.STRtree(self.shapes).query(shapely.points(places), predicate="intersects")
        found[place[::-1]] = community[::-1]
        return found


def communities_of(land: Land, rng: Generator) -> Communities:
    """Streets' land grouped into communities of some hundred lots, and the strips as they are."""
    shapes = _grouped(land)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    named = _named(land.plan, middles, rng)
    for kind, word, word_en in (
        (RAILSIDE, "ริมทางรถไฟ", "Railside"), (CANALSIDE, "ริมคลอง", "Canalside"),
    ):  # fmt: skip
        strips = [strip.shape for strip in land.strips if strip.grain == kind]
        shapes = np.concatenate((shapes, np.array(strips, dtype=object)))
        of_kind = "railside" if kind == RAILSIDE else "canalside"
        named += [
            (f"ชุมชน{word} (สมมติ) {number}", f"{word_en} (made up) {number}", of_kind)
            for number in range(1, len(strips) + 1)
        ]
    return Communities(
        codes=[f"{land.plan.code}-{number:03d}" for number in range(1, len(named) + 1)],
        names_th=[th for th, _, _ in named], names_en=[en for _, en, _ in named], kinds=[kind for _, _, kind in named],
        shapes=shapes,
    )  # fmt: skip


def _grouped(land: Land) -> Shapes:
    cells, lots = land.cells, land.lots
    middles = shapely.get_coordinates(shapely.centroid(cells.shapes))
    weight = _lots_in(cells.shapes, lots)
    group = np.full(len(middles), -1)
    count = 0
    for quarter in np.unique(cells.quarter):
        rows = np.flatnonzero(cells.quarter == quarter)
        share = round(float(weight[rows].sum()) / LOTS_EACH)
        for part in _halved(rows, middles, weight, share) if share else []:
            group[part] = count
            count += 1
    if not count:
        return np.array([shapely.union_all(cells.shapes, grid_size=0.01)], dtype=object)
    _join_the_rest(group, cells.quarter, middles)
    merged = [shapely.union_all(cells.shapes[group == number], grid_size=0.01) for number in range(count)]
    return np.array(merged, dtype=object)


def _lots_in(cells: Shapes, lots: Lots) -> Floats:
    points = shapely.point_on_surface(lots.shapes)
    lot, cell = shapely.STRtree(cells).query(points, predicate="intersects")
    # Few people live among fields, so a field counts for less.
    counts = np.where(lots.grain == OUTER, 0.5, 1.0)[lot]
    return np.asarray(np.bincount(cell, weights=counts, minlength=len(cells)) + 0.01, dtype=np.float64)


def _halved(rows: Ints, middles: Floats, weight: Floats, parts: int) -> list[Ints]:
    """Cut across the longer side, again and again, into parts of about the same number of lots."""
    if parts <= 1 or len(rows) < 2:
        return [rows]
    places = middles[rows] - middles[rows].mean(axis=0)
    _, _, axes = np.linalg.svd(places, full_matrices=False)
    order = np.argsort(np.round(places @ axes[0], 3), kind="stable")
    gone = np.cumsum(weight[rows[order]])
    first = parts // 2
    cut = int(np.clip(np.searchsorted(gone, gone[-1] * first / parts), 1, len(rows) - 1))
    low, high = rows[order[:cut]], rows[order[cut:]]
    return _halved(low, middles, weight, first) + _halved(high, middles, weight, parts - first)


def _join_the_rest(group: Ints, quarter: Ints, middles: Floats) -> None:
    """A quarter with too few lots for a community of its own joins the one nearest to it."""
    settled: Bools = group >= 0
    tree = shapely.STRtree(np.asarray(shapely.points(middles[settled]), dtype=np.object_))
    of = group[settled]
    for left in np.unique(quarter[~settled]):
        rows = np.flatnonzero((quarter == left) & ~settled)
        near = int(tree.nearest(shapely.Point(middles[rows].mean(axis=0))))
        group[rows] = of[near]


def _named(plan: Plan, middles: Floats, rng: Generator) -> list[tuple[str, str, str]]:
    """Known names go to the nearest community that is still free, the others are made up and say so."""
    named: dict[int, tuple[str, str, str]] = {}
    for th, en, kind, x, y in NAMED.get(plan.code, ()):
        near = np.argsort(np.hypot(middles[:, 0] - x, middles[:, 1] - y), kind="stable")
        free = next((int(place) for place in near if int(place) not in named), None)
        if free is not None:
            named[free] = (th, en, kind)
    used: dict[str, int] = {}
    for place in range(len(middles)):
        if place not in named:
            th, en = MADE_UP[int(rng.integers(len(MADE_UP)))]
            used[th] = used.get(th, 0) + 1
            named[place] = (f"ชุมชน{th} (สมมติ) {used[th]}", f"{en} (made up) {used[th]}", "urban")
    return [named[place] for place in range(len(middles))]
