"""The plans of the demo towns: outline, canal, railway, main roads and open land, drawn by hand in metres.

Hat Yai and Songkhla lie where they are and are as big as they are; every line in them is made up. Further towns are
the first plan turned, mirrored and bent, so that a town of a million parcels is wider and not merely thicker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Points: TypeAlias = Sequence[tuple[float, float]]

CELL_METRES = 8000.0
HAT_YAI = (100.4729, 7.0160)
SONGKHLA = (100.5967, 7.2061)
SEMI_MAJOR, ECCENTRICITY_2 = 6378137.0, 0.00669437999014


@dataclass(frozen=True, kw_only=True)
class Line:
    """A smooth line of the plan; `width` is what it takes from the land, edge to edge, in metres."""

    name_th: str
    name_en: str
    points: Floats
    width: float

    @property
    def shape(self) -> shapely.LineString:
        """The line as a geometry."""
        return shapely.LineString(self.points)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One town on paper, in metres east and north of `lon`, `lat`.

    `kept` is the part of the town (by distance from its core, 0–1 of its area) that gets lots: less than 1 for the
    small towns that tests lay out.
    """

    code: str
    name_th: str
    name_en: str
    lon: float
    lat: float
    outline: shapely.Polygon
    core: tuple[float, float]
    core_metres: float
    canals: tuple[Line, ...]
    railways: tuple[Line, ...]
    roads: tuple[Line, ...]
    parks: tuple[shapely.Polygon, ...] = ()
    canalside_metres: float = 2260.0
    kept: float = 1.0
    farmed: bool = True
    facts: dict[str, object] = field(default_factory=dict)

    def lon_lat(self, points: Floats) -> Floats:
        """Metres of this plan as degrees: the ellipsoid's two radii at the town's centre, good to 1 in 10,000."""
        sine = math.sin(math.radians(self.lat))
        flat = 1 - ECCENTRICITY_2 * sine * sine
        north = SEMI_MAJOR * (1 - ECCENTRICITY_2) / flat**1.5
        east = SEMI_MAJOR / math.sqrt(flat) * math.cos(math.radians(self.lat))
        return np.column_stack(
            (self.lon + np.degrees(points[:, 0] / east), self.lat + np.degrees(points[:, 1] / north))
        )


def plans(scale: float, seed: int) -> list[Plan]:
    """The towns of a demo of that scale: Hat Yai and Songkhla, then as many made-up towns as are missing."""
    if scale <= 0:
        raise ValueError("scale must be above 0")
    kept = min(1.0, scale)
    more = max(0, math.ceil(scale) - 1)
    part = scale - math.floor(scale) or 1.0
    shares = [1.0] * (more - 1) + [part] if more else []
    towns = [_further(place + 1, share, seed) for place, share in enumerate(shares)]
    return [_hat_yai(kept), _songkhla(kept), *towns]


def smooth(points: Points | Floats, *, step: float = 12.0, closed: bool = False) -> Floats:
    """A Catmull-Rom curve through the points, sampled about every `step` metres."""
    knots = np.asarray(points, dtype=float)
    if closed:
        knots = np.vstack((knots[-1], knots, knots[:2]))
    else:
        knots = np.vstack((2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]))
    parts: list[Floats] = []
    for before, start, end, after in zip(knots[:-3], knots[1:-2], knots[2:-1], knots[3:], strict=True):
        count = max(2, round(float(np.hypot(*(end - start))) / step))
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        bend = 2 * before - 5 * start + 4 * end - after
        cubic = 3 * start - before - 3 * end + after
        parts.append(0.5 * (2 * start + (end - before) * t + bend * t**2 + cubic * t**3))
    return np.vstack((*parts, knots[-2:-1]))


def _line(th: str, en: str, width: float, points: Points) -> Line:
    return Line(name_th=th, name_en=en, points=smooth(points), width=width)


def _outline(points: Points, square_kilometres: float) -> shapely.Polygon:
    """The curve through the points, grown or shrunk about its centre to that area."""
    rough = shapely.Polygon(smooth(points, step=60, closed=True))
    factor = math.sqrt(square_kilometres * 1e6 / rough.area)
    middle = np.array(rough.centroid.coords[0])
    return shapely.transform(rough, lambda xy: middle + (xy - middle) * factor)


HAT_YAI_OUTLINE: Points = (
    (-2300, 2450), (-1250, 2700), (200, 2550), (1400, 2700), (2450, 2100), (2350, 900), (2600, -300), (2250, -1600),
    (1300, -2350), (100, -2200), (-1100, -2500), (-2250, -1950), (-2100, -700), (-2500, 500), (-2250, 1500),
)  # fmt: skip
HAT_YAI_CANAL: Points = (
    (-2100, -9000), (-1200, -7400), (-2000, -5900), (-1350, -4600), (-1900, -3500), (-1550, -2650), (-1800, -2000),
    (-1250, -1450), (-1650, -850), (-1250, -300), (-1600, 350), (-1200, 1000), (-1560, 1700), (-1250, 2350),
    (-1500, 3000), (-1250, 3900),
)  # fmt: skip
HAT_YAI_BRANCH: Points = (
    (3000, -1500), (2300, -1000), (1600, -1150), (1250, -450), (1400, 350), (1250, 1100), (650, 1800), (350, 2500),
    (500, 3200),
)  # fmt: skip
HAT_YAI_RAILWAY: Points = ((330, -3300), (80, -2100), (-220, -900), (-380, 100), (-360, 1100), (-170, 2300), (0, 3300))
HAT_YAI_ROADS: tuple[tuple[float, Points], ...] = (
    (30, ((-2900, 450), (-2100, 250), (-1300, 180), (-500, 420), (600, 520), (1500, 330), (2900, 640))),
    (22, ((-420, -40), (300, -120), (1000, -150), (1800, -420), (2800, -560))),
    (26, ((760, 2900), (880, 1900), (760, 520), (640, -800), (420, -1600), (300, -2600))),
    (30, ((2000, 2900), (1850, 1400), (1950, 200), (1720, -900), (1850, -2600))),
    (22, ((-800, 2900), (-820, 1500), (-860, 400), (-760, -700), (-900, -1700), (-800, -2900))),
    (20, ((-2000, 2900), (-1960, 1000), (-2050, -400), (-1980, -1300), (-2150, -2600))),
    (24, ((-2800, 1560), (-1900, 1420), (-900, 1480), (300, 1500), (1500, 1440), (2800, 1500))),
    (24, ((-2800, -1050), (-1900, -1150), (-800, -1130), (400, -1160), (1500, -1500), (2700, -1350))),
    (18, ((-430, 900), (300, 930), (820, 960), (1850, 860), (2700, 960))),
    (18, ((-340, -640), (300, -660), (690, -640), (1200, -760), (1740, -820))),
    (20, ((690, -640), (1130, -1080), (1700, -1520), (2500, -2150))),
    (20, ((840, 960), (1270, 1440), (1850, 1950), (2600, 2500))),
    (18, ((190, 2700), (130, 1500), (120, 500), (140, -120), (190, -660), (230, -1160))),
)
SONGKHLA_OUTLINE: Points = (
    (-560, 3000), (-180, 2850), (300, 2250), (720, 1400), (1120, 400), (1480, -500), (1900, -1400), (2300, -2200),
    (1500, -2380), (700, -2260), (-100, -2380), (-480, -2000), (-520, -1200), (-380, -500), (-560, 200), (-760, 900),
    (-880, 1800), (-820, 2550),
)  # fmt: skip
SONGKHLA_CANAL: Points = (
    (-900, -2010),
    (-420, -2080),
    (100, -2250),
    (700, -2140),
    (1500, -2270),
    (2080, -2150),
    (2560, -2140),
)
SONGKHLA_ROADS: tuple[tuple[float, Points], ...] = (
    (20, ((-640, 3100), (-520, 2200), (-500, 1200), (-300, 200), (-60, -700), (120, -1500), (160, -2700))),
    (24, ((-330, 3000), (-60, 2000), (180, 1000), (420, 0), (650, -800), (980, -1600), (1200, -2700))),
    (20, ((120, 2350), (540, 1450), (930, 450), (1270, -450), (1680, -1350), (2080, -2350))),
    (18, ((-1000, 1560), (-500, 1500), (540, 1480), (900, 1500))),
    (22, ((-800, 420), (-330, 400), (330, 420), (940, 440), (1300, 450))),
    (22, ((-600, -620), (-80, -620), (600, -620), (1340, -640), (1700, -650))),
    (24, ((-700, -1480), (110, -1450), (930, -1480), (1740, -1490), (2200, -1500))),
    (16, ((-900, 2180), (-520, 2160), (-130, 2240), (250, 2300))),
    (16, ((-460, 900), (120, 920), (770, 900))),
)
BOUNDARY_NOTE = "แนวเขตสมมติเพื่อการสาธิต ไม่ใช่แนวเขตจริง · outline made up for the demo"


def _roads(drawn: tuple[tuple[float, Points], ...]) -> tuple[Line, ...]:
    return tuple(
        _line(f"ถนนสมมติ {number}", f"Made-up road {number}", width, points)
        for number, (width, points) in enumerate(drawn, start=1)
    )


def _hat_yai(kept: float) -> Plan:
    return Plan(
        code="9098", name_th="เทศบาลนครหาดใหญ่", name_en="Hat Yai City Municipality", lon=HAT_YAI[0], lat=HAT_YAI[1],
        outline=_outline(HAT_YAI_OUTLINE, 21.0), core=(200, 150), core_metres=600,
        canals=(
            _line("คลองอู่ตะเภา (แนวสมมติ)", "Khlong U-Tapao (made-up course)", 46, HAT_YAI_CANAL),
            _line("คลองสาขา (สมมติ)", "Branch canal (made up)", 16, HAT_YAI_BRANCH),
        ),
        railways=(_line("ทางรถไฟสายใต้ (แนวสมมติ)", "Southern railway (made-up course)", 80, HAT_YAI_RAILWAY),),
        roads=_roads(HAT_YAI_ROADS),
        parks=(_park(2130, 1780, 190), _park(-1060, -1600, 130), _park(1430, -1900, 130)), kept=kept,
        facts={"kind": "city", "amphoe_code": "9011", "registered_people": 150_000, "people_by_rolls": 310_000,
               "counted_on": np.datetime64("2022-01-20"), "shares": "9098"},
    )  # fmt: skip


def _songkhla(kept: float) -> Plan:
    return Plan(
        code="9099", name_th="เทศบาลนครสงขลา", name_en="Songkhla City Municipality", lon=SONGKHLA[0], lat=SONGKHLA[1],
        outline=_outline(SONGKHLA_OUTLINE, 9.3), core=(-380, 700), core_metres=520,
        canals=(_line("คลองสำโรง (แนวสมมติ)", "Khlong Samrong (made-up course)", 26, SONGKHLA_CANAL),),
        railways=(), roads=_roads(SONGKHLA_ROADS), canalside_metres=4500, farmed=False,
        parks=(_park(330, 1190, 200), _park(-20, -250, 150), _park(-400, 2590, 140), _park(1330, -1080, 170)),
        kept=kept,
        facts={"kind": "city", "amphoe_code": "9001", "registered_people": 68_725, "people_by_rolls": None,
               "counted_on": np.datetime64("2012-12-31"), "shares": "9099 9076"},
    )  # fmt: skip


def _park(x: float, y: float, radius: float) -> shapely.Polygon:
    """A rounded piece of open land: a hill or a park."""
    turn = np.linspace(0, 2 * math.pi, 8, endpoint=False)
    far = radius * (1 + 0.18 * np.sin(3 * turn + x))
    ring = np.column_stack((x + far * np.cos(turn), y + far * np.sin(turn)))
    return shapely.Polygon(smooth(ring, step=25, closed=True))


def _further(number: int, share: float, seed: int) -> Plan:
    """A made-up town beside the others: Hat Yai's plan turned, mirrored, bent and shifted."""
    rng = np.random.default_rng([seed, 7, number])
    turn, flip, grown = rng.uniform(0, 2 * math.pi), rng.choice([-1.0, 1.0]), 1.225
    phase = rng.uniform(0, 2 * math.pi, 4)

    def bent(points: Floats) -> Floats:
        x, y = points[:, 0] * flip * grown, points[:, 1] * grown
        x, y = x + 110 * np.sin(y / 900 + phase[0]), y + 110 * np.sin(x / 1000 + phase[1])
        cosine, sine = math.cos(turn), math.sin(turn)
        return np.column_stack((cosine * x - sine * y, sine * x + cosine * y))

    def moved(line: Line) -> Line:
        inside = np.abs(line.points).max(axis=1) < 3200
        return Line(name_th=line.name_th, name_en=line.name_en, points=bent(line.points[inside]), width=line.width)

    first = _hat_yai(1.0)
    column, row = _place(number)
    lon, lat = first.lon_lat(np.array([[column * CELL_METRES, row * CELL_METRES]]))[0]
    core = bent(np.array([first.core]))[0]
    return Plan(
        code=f"00{number:04d}", name_th=f"เมืองสมมติ {number}", name_en=f"Made-up town {number}", lon=lon, lat=lat,
        outline=shapely.transform(first.outline, bent), core=(core[0], core[1]), core_metres=first.core_metres * 1.16,
        canals=tuple(
            _renamed(moved(line), th, en) for line, th, en in zip(
                first.canals, (f"คลองสมมติ {number} ก", f"คลองสมมติ {number} ข"),
                (f"Made-up canal {number} A", f"Made-up canal {number} B"), strict=True)
        ),
        railways=tuple(
            _renamed(moved(line), f"ทางรถไฟสมมติ {number}", f"Made-up railway {number}") for line in first.railways
        ),
        roads=tuple(moved(line) for line in first.roads),
        parks=tuple(shapely.transform(park, bent) for park in first.parks), kept=share,
        facts={"kind": "subdistrict_municipality", "amphoe_code": None, "registered_people": None,
               "people_by_rolls": None, "counted_on": None, "shares": f"00{number:04d}"},
    )  # fmt: skip


def _renamed(line: Line, th: str, en: str) -> Line:
    return Line(name_th=th, name_en=en, points=line.points, width=line.width)


def _place(number: int) -> tuple[int, int]:
    """The square of that number on the plain: nearest first, none to the north-east, where the lake and the sea lie."""
    reach = 3 + math.isqrt(2 * number)
    free = [
        (column, row)
        for column in range(-reach, 2)
        for row in range(-reach, reach + 1)
        if (column, row) != (0, 0) and not (column >= -1 and row >= 1) and row <= 4
    ]
    free.sort(key=lambda place: (place[0] ** 2 + place[1] ** 2, place))
    return free[number - 1]
