"""Where numbers would fall: the guard against metres passed as degrees and latitude passed as longitude."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyproj

from geo.errors import Text
from geo.shapes.indian_1975 import PINNED_CODES, pinned_pipeline


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle; degrees unless its keeper says otherwise."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        across = self.west <= other.west and other.east <= self.east
        return across and self.south <= other.south and other.north <= self.north

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        across = self.west <= other.east and other.west <= self.east
        return across and self.south <= other.north and other.south <= self.north

    @property
    def pieces(self) -> tuple[Box, ...]:
        """The same as rectangles that end at the antimeridian: two where it crosses it."""
        if self.west <= self.east:
            return (self,)
        return replace(self, east=180.0), replace(self, west=-180.0)

    def shrunk(self, by: float) -> Box | None:
        """The same with each edge moved inwards; None where nothing would be left."""
        if self.east - self.west <= 2 * by or self.north - self.south <= 2 * by:
            return None
        return Box(west=self.west + by, south=self.south + by, east=self.east - by, north=self.north - by)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x first."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    @property
    def finite(self) -> bool:
        """Whether it is a rectangle at all."""
        numbers = (self.west, self.south, self.east, self.north)
        return all(map(math.isfinite, numbers)) and self.west <= self.east and self.south <= self.north


THAILAND = Box(west=97.3, south=5.6, east=105.7, north=20.5)

# Generous, so that swapped axes and places beyond the antimeridian still count as degrees.
_DEGREES = Box(west=-360, south=-360, east=360, north=360)

# Indian 1975 first: it is what old cadastre files without a .prj most often are.
THAI_CRS = {
    "EPSG:24047": Text("อินเดียน 1975 / UTM โซน 47 (ระวางเก่า)", "Indian 1975 / UTM zone 47N (old cadastre)"),
    "EPSG:32647": Text("WGS 84 / UTM โซน 47", "WGS 84 / UTM zone 47N"),
    "EPSG:24048": Text("อินเดียน 1975 / UTM โซน 48 (ระวางเก่า)", "Indian 1975 / UTM zone 48N (old cadastre)"),
    "EPSG:32648": Text("WGS 84 / UTM โซน 48", "WGS 84 / UTM zone 48N"),
    "EPSG:3857": Text("เว็บเมอร์เคเตอร์", "Web Mercator"),
}

_TOWNS = (
    ("กรุงเทพฯ", "Bangkok", 100.50, 13.75), ("เชียงใหม่", "Chiang Mai", 98.99, 18.79),
    ("เชียงราย", "Chiang Rai", 99.83, 19.91), ("แม่ฮ่องสอน", "Mae Hong Son", 97.97, 19.30),
    ("พิษณุโลก", "Phitsanulok", 100.26, 16.82), ("ตาก", "Tak", 99.13, 16.88), ("น่าน", "Nan", 100.78, 18.78),
    ("นครสวรรค์", "Nakhon Sawan", 100.14, 15.70), ("กาญจนบุรี", "Kanchanaburi", 99.53, 14.02),
    ("นครราชสีมา", "Nakhon Ratchasima", 102.10, 14.97), ("ขอนแก่น", "Khon Kaen", 102.83, 16.44),
    ("อุดรธานี", "Udon Thani", 102.79, 17.41), ("เลย", "Loei", 101.72, 17.49),
    ("นครพนม", "Nakhon Phanom", 104.78, 17.41), ("อุบลราชธานี", "Ubon Ratchathani", 104.85, 15.23),
    ("สุรินทร์", "Surin", 103.49, 14.88), ("ชลบุรี", "Chon Buri", 100.98, 13.36), ("ตราด", "Trat", 102.52, 12.24),
    ("ประจวบคีรีขันธ์", "Prachuap Khiri Khan", 99.80, 11.81), ("ชุมพร", "Chumphon", 99.18, 10.49),
    ("สุราษฎร์ธานี", "Surat Thani", 99.33, 9.14), ("ภูเก็ต", "Phuket", 98.39, 7.88),
    ("นครศรีธรรมราช", "Nakhon Si Thammarat", 99.96, 8.43), ("ตรัง", "Trang", 99.61, 7.56),
    ("หาดใหญ่", "Hat Yai", 100.47, 7.01), ("สงขลา", "Songkhla", 100.60, 7.20), ("สตูล", "Satun", 100.07, 6.62),
    ("ปัตตานี", "Pattani", 101.25, 6.87), ("ยะลา", "Yala", 101.28, 6.54),
    ("นราธิวาส", "Narathiwat", 101.82, 6.43),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A CRS that would put the data in Thailand.

    `code` is its name ("EPSG:24047"), `box` where the data would fall, in WGS 84 degrees, `place` the same in
    words.
    """

    code: str
    label: Text
    box: Box
    place: Text

    @property
    def told(self) -> Text:
        """One line for a person to choose by."""
        return Text(
            f"--crs {self.code} · {self.label.th} · จะตกที่{self.place.th}",
            f"--crs {self.code} · {self.label.en} · would fall {self.place.en}",
        )


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a file's bounds look like.

    `kind`: `thailand` (lon/lat inside the box), `swapped` (lat/lon of Thailand), `degrees` (lon/lat of
    elsewhere), `metres` (projected; see candidates), `mixed` (some of each), `nowhere` (no finite bounds).
    """

    kind: str
    candidates: tuple[Candidate, ...] = ()


def looks_like(bounds: Box | Sequence[float]) -> Guess:
    """What these bounds (west, south, east, north, in the file's own numbers) look like."""
    box = bounds if isinstance(bounds, Box) else _box(*bounds)
    if not box.finite:
        return Guess(kind="nowhere")
    if THAILAND.holds(box):
        lonlat = Text("ลองจิจูด ละติจูด (องศา)", "longitude, latitude (degrees)")
        here = Candidate(code="EPSG:4326", label=lonlat, box=box, place=place_of(box))
        return Guess(kind="thailand", candidates=(here,))
    if THAILAND.holds(Box(west=box.south, south=box.west, east=box.north, north=box.east)):
        return Guess(kind="swapped")
    if _DEGREES.holds(box):
        return Guess(kind="degrees")
    if _DEGREES.meets(box):
        return Guess(kind="mixed")
    return Guess(kind="metres", candidates=_metres_in_thailand(box))


def _box(west: float, south: float, east: float, north: float) -> Box:
    return Box(west=west, south=south, east=east, north=north)


def place_of(box: Box) -> Text:
    """A box in words: its middle and the nearest of the towns everybody knows."""
    lon, lat = box.centre
    narrow = math.cos(math.radians(lat))
    near = min(_TOWNS, key=lambda town: math.hypot((town[2] - lon) * narrow, town[3] - lat))
    away = pyproj.Geod(ellps="WGS84").inv(lon, lat, near[2], near[3])[2] / 1000
    where = f"({lon:.5f}, {lat:.5f})"
    return Text(f"ใกล้{near[0]} ห่าง {away:.0f} กม. {where}", f"{away:.0f} km from {near[1]} {where}")


def _metres_in_thailand(box: Box) -> tuple[Candidate, ...]:
    found = []
    for code, label in THAI_CRS.items():
        landed = _landed(box, code)
        if landed.finite and THAILAND.holds(landed):
            found.append(Candidate(code=code, label=label, box=landed, place=place_of(landed)))
    return tuple(found)


def _landed(box: Box, code: str) -> Box:
    """The box of the four corners in degrees; enough to know the country."""
    if code in PINNED_CODES:
        transformer = pyproj.Transformer.from_pipeline(pinned_pipeline(pyproj.CRS(code)))
    else:
        transformer = pyproj.Transformer.from_crs(code, "EPSG:4326", always_xy=True)
    xs, ys = (box.west, box.east, box.west, box.east), (box.south, box.south, box.north, box.north)
    lons, lats = transformer.transform(xs, ys)
    return Box(west=min(lons), south=min(lats), east=max(lons), north=max(lats))
