"""Strengths and risks: assets, risk points, flood zones, gauges. Kinds are real, places and names are made up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from data.demo.communities import Communities
from data.demo.ground import CANALSIDE, CORE, INNER, OUTER, RAILSIDE, Ints, Land
from data.demo.parcels import Parcels, chosen
from data.demo.plan import Floats, Line, smooth
from data.demo.states import STATUSES, marked_by_people, seen_to, without_lost_duplicates
from data.demo.strips import beside

Rows = list[dict[str, Any]]

# kind, Thai word, English word, how many in a town of full size, capacity (0: none), the lots it stands on
ASSETS: tuple[tuple[str, str, str, int, int, tuple[str, ...]], ...] = (
    ("temple", "วัด", "Temple", 9, 0, ("religion",)),
    ("mosque", "มัสยิด", "Mosque", 6, 0, ("religion",)),
    ("school", "โรงเรียน", "School", 12, 0, ("education",)),
    ("shelter", "จุดอพยพโรงเรียน", "Evacuation shelter at school", 5, 400, ("education",)),
    ("childcare", "ศูนย์พัฒนาเด็กเล็ก", "Child development centre", 6, 0, ("government", "education")),
    ("clinic", "ศูนย์บริการสาธารณสุข", "Health centre", 6, 0, ("government",)),
    ("hospital", "โรงพยาบาล", "Hospital", 2, 0, ("government",)),
    ("government", "สำนักงาน", "Office", 3, 0, ("government",)),
    ("market", "ตลาด", "Market", 5, 0, ("commercial",)),
    ("savings_group", "กลุ่มออมทรัพย์", "Savings group", 13, 0, ("residential",)),
    ("occupation_group", "กลุ่มอาชีพ", "Occupation group", 6, 0, ("residential", "mixed")),
    ("learning_centre", "ศูนย์การเรียนรู้", "Learning centre", 5, 0, ("government", "residential")),
    ("welfare_fund", "กองทุนสวัสดิการชุมชน", "Welfare fund", 4, 0, ("residential",)),
    ("community_hall", "ศาลาชุมชน", "Community hall", 8, 120, ("residential",)),
    ("public_space", "สวนสาธารณะ", "Public park", 4, 0, ("open",)),
    ("sports_ground", "ลานกีฬา", "Sports ground", 4, 0, ("open", "education")),
    ("broadcast", "หอกระจายข่าว", "Broadcast tower", 5, 0, ("residential",)),
    ("extinguisher", "หัวประปาดับเพลิง", "Fire hydrant", 9, 0, ("commercial", "mixed")),
    ("sandbag", "จุดแจกกระสอบทราย", "Sandbag point", 2, 0, ("government",)),
    ("car_park", "จุดจอดรถหนีน้ำ", "Emergency car park", 5, 150, ("commercial", "industry")),
)
# kind, how many, cause, the lots near which it is seen (grains; empty: by the main roads)
RISKS: tuple[tuple[str, int, str, tuple[int, ...]], ...] = (
    ("FLD-FLUV", 15, "คลองล้นตลิ่งเมื่อฝนหนัก", (CANALSIDE,)),
    ("FLD-SURF", 22, "ท่อระบายน้ำเล็กและตัน", (CORE, INNER)),
    ("RIV-EROS", 6, "ตลิ่งถูกกัดเซาะ", (CANALSIDE,)),
    ("FIRE-ACC", 14, "ซอยแคบ รถดับเพลิงเข้าไม่ได้", (RAILSIDE, CORE)),
    ("FIRE-HYD", 7, "ไม่มีหัวประปาดับเพลิง", (INNER, RAILSIDE)),
    ("ELEC", 10, "สายไฟเก่า พาดต่ำ", (RAILSIDE, CORE)),
    ("RAIL", 9, "เดินข้ามรางโดยไม่มีเครื่องกั้น", (RAILSIDE,)),
    ("ROAD", 20, "ทางแยกไม่มีสัญญาณ", ()),
    ("WASTE", 12, "ขยะตกค้าง", (INNER, RAILSIDE, CANALSIDE)),
    ("WASTEWTR", 10, "น้ำเสียลงคลอง", (CANALSIDE, INNER)),
    ("DENGUE", 9, "ภาชนะน้ำขัง", (INNER, RAILSIDE)),
    ("EVICT", 5, "อยู่ในที่ดินของรัฐ", (RAILSIDE,)),
    ("BUILD", 6, "บ้านทรุดโทรม", (RAILSIDE, CANALSIDE)),
    ("CRIME", 6, "จุดเปลี่ยว ไฟส่องสว่างไม่พอ", (OUTER, RAILSIDE)),
)
THREATENED = {
    "FLD-FLUV": "homes lives", "FLD-SURF": "road homes", "RIV-EROS": "homes canal", "FIRE-ACC": "lives homes",
    "FIRE-HYD": "homes", "ELEC": "lives homes", "RAIL": "lives", "ROAD": "lives road", "WASTE": "canal",
    "CRIME": "lives",
    "WASTEWTR": "canal utilities", "DENGUE": "vulnerable", "EVICT": "homes", "BUILD": "lives homes",
}  # fmt: skip
REPORTERS = {"resident": 0.3, "committee": 0.25, "volunteer": 0.25, "engineer": 0.15, "health": 0.05}
BANDS = {"1-9": 0.4, "10-49": 0.4, "50-199": 0.17, "200+": 0.03}
RISK_WORDS = {
    "FLD-FLUV": "น้ำคลองล้นตลิ่ง", "FLD-SURF": "น้ำท่วมขัง", "RIV-EROS": "ตลิ่งพัง", "FIRE-ACC": "รถดับเพลิงเข้าไม่ได้",
    "FIRE-HYD": "ขาดหัวประปาดับเพลิง", "ELEC": "สายไฟไม่ปลอดภัย", "RAIL": "จุดตัดทางรถไฟ", "ROAD": "จุดเสี่ยงอุบัติเหตุ",
    "WASTE": "ขยะตกค้าง", "WASTEWTR": "น้ำเสีย", "DENGUE": "แหล่งเพาะพันธุ์ยุงลาย", "EVICT": "เสี่ยงถูกไล่รื้อ",
    "BUILD": "บ้านทรุดโทรม", "CRIME": "จุดเปลี่ยว",
}  # fmt: skip
# metres beyond the water's edge, the depth class and a depth in it, years between floods, severity, likelihood
DEPTHS = (
    (70.0, "มากกว่า 2", 2.5, 10, 5, 5), (190.0, "1–2", 1.5, 25, 4, 4), (330.0, "0.5–1", 0.8, 50, 3, 3),
    (500.0, "น้อยกว่า 0.5", 0.3, 100, 2, 2),
)  # fmt: skip
INSPECTED_ZONES, INSPECT_ZONES_AGAIN = dt.date(2025, 12, 8), dt.date(2027, 6, 8)
MADE_UP = "ข้อมูลสมมติเพื่อการสาธิต"
# station, aliases, names, kind, bank level in metres (a fact of public reports), share of the canal's length
STATIONS: tuple[tuple[str, str | None, str, str, str, float | None, float], ...] = (
    ("X.173A", "X.173", "ม่วงก็อง", "Muang Kong", "gauge", 16.13, 0.03),
    ("X.90", None, "บางศาลา", "Bang Sala", "gauge", 9.34, 0.28),
    ("X.174", None, "คลองหวะ", "Khlong Wa", "gauge", 8.88, 0.42),
    ("X.44", None, "หาดใหญ่ใน", "Hat Yai Nai", "gauge", 7.40, 0.72),
    ("CAM-1", None, "กล้องสมมติ 1", "Made-up camera 1", "camera", None, 0.54),
    ("CAM-2", None, "กล้องสมมติ 2", "Made-up camera 2", "camera", None, 0.63),
    ("CAM-3", None, "กล้องสมมติ 3", "Made-up camera 3", "camera_gauge", None, 0.82),
)


def asset_rows(
    land: Land, parcels: Parcels, communities: Communities, size: float, rng: Generator
) -> tuple[Floats, Rows]:
    """Where the town's strengths lie: on the lots whose use fits them."""
    lots = parcels.lots
    on_lots = shapely.get_coordinates(shapely.point_on_surface(lots.shapes))
    near_first = np.argsort(np.hypot(*(on_lots - land.plan.core).T) * rng.uniform(0.5, 1.5, len(lots)), kind="stable")
    of = communities.of(on_lots)
    taken: set[int] = set()
    places: list[Floats] = []
    rows: Rows = []
    for kind, word, word_en, usual, capacity, uses in ASSETS:
        wanted = max(1, round(usual * size))
        fitting = np.flatnonzero(np.isin(parcels.use.astype(str), uses))
        big = [int(lot) for lot in near_first if lots.single[lot] and parcels.use[lot] in uses]
        fitting = _spread(fitting, of, rng)
        for number, lot in enumerate([lot for lot in (*big, *fitting) if lot not in taken][:wanted], start=1):
            taken.add(lot)
            places.append(on_lots[lot])
            rows.append({
                "asset_code": f"{land.plan.code}-{kind}-{number:02d}", "name_th": f"{word} (สมมติ) {number}",
                "name_en": f"{word_en} (made up) {number}", "kind": kind,
                "capacity": int(capacity * rng.uniform(0.5, 1.6)) // 10 * 10 or None,
                "open_in_flood": kind in ("shelter", "sandbag", "car_park", "community_hall"),
                "description": MADE_UP, "surveyed_on": np.datetime64("2026-03-01") + int(rng.integers(0, 200)),
                "source_note": MADE_UP,
            })  # fmt: skip
    found = np.array(places).reshape(-1, 2)
    _told_by_community(rows, communities.of(found), communities)
    # Drawn aside, so that what is laid out after them stays where it is.
    marked_by_people(rows, rng.spawn(1)[0])
    return found, rows


def _spread(lots: Ints, community: Ints, rng: Generator) -> Ints:
    """The lots in an order that visits every community once before it comes back to any."""
    mixed = rng.permutation(lots)
    order = np.argsort(community[mixed], kind="stable")
    _, first, back = np.unique(community[mixed][order], return_index=True, return_inverse=True)
    turn = np.empty(len(mixed), dtype=np.int64)
    turn[order] = np.arange(len(mixed)) - first[back]
    return mixed[np.argsort(turn, kind="stable")]


def _told_by_community(rows: Rows, community: Ints, communities: Communities) -> None:
    """Groups are called after their community, as people do."""
    for row, place in zip(rows, community, strict=True):
        if place >= 0 and row["kind"] in ("savings_group", "welfare_fund", "community_hall", "occupation_group"):
            word = row["name_th"].split(" (สมมติ)")[0]
            name = communities.names_th[place].replace(" (สมมติ)", "")
            row["name_th"] = f"{word}{'' if name.startswith('ชุมชน') else 'ชุมชน'}{name} (สมมติ)"


def risk_point_rows(
    land: Land, parcels: Parcels, communities: Communities, size: float, rng: Generator
) -> tuple[Floats, Rows]:
    """Risk points on the street side of lots; some are only reported and not yet verified."""
    lots = parcels.lots
    fronts = lots.corners[:, :2].mean(axis=1)
    places: list[Floats] = []
    rows: Rows = []
    for kind, usual, cause, grains in RISKS:
        near = np.flatnonzero(np.isin(lots.grain, grains)) if grains else _by_the_road(land, parcels)
        if not len(near):
            continue
        for lot in rng.choice(near, min(len(near), max(1, round(usual * size))), replace=False):
            places.append(fronts[lot] + rng.normal(0, 1.5, 2))
            rows.append({
                "risk_code": f"{land.plan.code}-RP{len(rows) + 1:04d}", "kind": kind, "cause": cause,
                "seen_on": np.datetime64("2025-06-01") + int(rng.integers(0, 500)),
                "likelihood": int(rng.integers(1, 6)), "severity": int(rng.choice([1, 2, 2, 3, 3, 4, 5])),
                "status": chosen(STATUSES, 1, rng)[0],
                "affected_band": chosen(BANDS, 1, rng)[0], "description": MADE_UP, "evidence": MADE_UP,
                "reporter_role": chosen(REPORTERS, 1, rng)[0], "plan_activity": None,
            })  # fmt: skip
    found = np.array(places).reshape(-1, 2)
    without_lost_duplicates(rows)
    for row, place in zip(rows, communities.of(found), strict=True):
        where = communities.names_th[place] if place >= 0 else land.plan.name_th
        row["name_th"] = f"{RISK_WORDS[row['kind']]} {where.replace(' (สมมติ)', '')} (สมมติ)"
        row |= {"threatens": THREATENED[row["kind"]]} | seen_to(row, rng)
    return found, rows


def _by_the_road(land: Land, parcels: Parcels) -> Ints:
    corners = shapely.dwithin(land.carriageways, parcels.lots.shapes, 3.0) & (parcels.lots.grain < RAILSIDE)
    return np.flatnonzero(corners)


def risk_zone_rows(land: Land, rng: Generator) -> tuple[list[BaseGeometry], Rows]:
    """Flood depths in bands along each canal, streets that stand under water, and banks that fall in."""
    shapes: list[BaseGeometry] = []
    rows: Rows = []

    def add(shape: BaseGeometry, **words: Any) -> None:
        if not shape.is_empty and (shape.area > 500 or shape.length > 100):
            shapes.append(shape)
            code = f"{land.plan.code}-RZ{len(rows) + 1:03d}"
            rows.append({"risk_code": code, "status": "verified", "description": MADE_UP, "reporter_role": "engineer",
                         "seen_on": np.datetime64("2025-11-27"), "hazard_year": 2025,
                         "inspected_on": INSPECTED_ZONES, "reinspect_on": INSPECT_ZONES_AGAIN, **words})  # fmt: skip

    for line in land.plan.canals:
        _flooded(line, land, add, rng)
    for number in range(6):
        place = np.array(land.plan.core) + rng.normal(0, land.plan.core_metres * 0.9, 2)
        add(
            _blob(place, rng.uniform(60, 150), rng).intersection(land.plan.outline).difference(land.water),
            kind="FLD-SURF", name_th=f"น้ำท่วมขัง (สมมติ) {number + 1}", cause="ท่อระบายน้ำไม่ทัน",
            likelihood=int(rng.integers(3, 6)), severity=2, depth_m=0.3, return_years=2,
            affected_band=str(chosen(BANDS, 1, rng)[0]),
        )  # fmt: skip
    _banks(land, add)
    return shapes, rows


def _flooded(line: Line, land: Land, add: Any, rng: Generator) -> None:
    """Nested bands whose width wanders along the canal; each takes what a deeper one has left."""
    strength = min(1.0, line.width / 40)
    wander = 1 + 0.45 * _wander(len(line.points), rng)
    reached = land.water
    for away, class_th, depth, years, severity, likelihood in DEPTHS:
        circles = shapely.buffer(shapely.points(line.points[::3]), (line.width / 2 + away * strength * wander)[::3])
        band = shapely.union_all(circles).simplify(2.0).intersection(land.plan.outline)
        parts = shapely.get_parts(shapely.difference(band, reached, grid_size=0.05))
        add(
            shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 400]),
            kind="FLD-FLUV", name_th=f"น้ำลึก {class_th} ม. {line.name_th}", cause="น้ำล้นตลิ่ง", likelihood=likelihood,
            severity=severity, depth_m=depth, return_years=years, affected_band="200+" if away > 100 else "50-199",
        )  # fmt: skip
        reached = shapely.union(reached, band, grid_size=0.05)


def _wander(count: int, rng: Generator) -> Floats:
    """A smooth wander between about -1 and 1."""
    along = np.arange(count)
    waves = [np.sin(along / length + rng.uniform(0, 6.3)) for length in (9.0, 21.0, 43.0)]
    found: Floats = np.mean(waves, axis=0) * 1.4
    return found


def _blob(middle: Floats, radius: float, rng: Generator) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    far = radius * rng.uniform(0.6, 1.3, 9)
    return shapely.Polygon(smooth(middle + np.column_stack((far * np.cos(turn), far * np.sin(turn))), closed=True))


def _banks(land: Land, add: Any) -> None:
    """Lines where a bank falls in: along the outer side of the canal, within the town."""
    for line in land.plan.canals[:1]:
        edge, last = beside(line.points, line.width / 2), len(line.points) - 1
        for number, (low, high) in enumerate(((0.52, 0.55), (0.63, 0.655), (0.74, 0.77)), start=1):
            piece = shapely.LineString(edge[round(low * last) : round(high * last) + 1])
            part = piece.intersection(land.plan.outline)
            if part.geom_type == "LineString":
                add(
                    part,
                    kind="RIV-EROS",
                    name_th=f"ตลิ่งพัง (สมมติ) {number}",
                    cause="กระแสน้ำกัดเซาะ",
                    likelihood=3,
                    severity=3,
                )


def station_rows(land: Land) -> tuple[Floats, Rows]:
    """Gauges with the bank levels that public reports give; Hat Yai's are facts, where they stand here is made up."""
    if land.plan.code != "9098":
        drawn: tuple[tuple[str, str | None, str, str, str, float | None, float], ...] = (
            (f"{land.plan.code}-CAM-1", None, "กล้องสมมติ", "Made-up camera", "camera", None, 0.5),
        )
    else:
        drawn = STATIONS
    canal = land.plan.canals[0]
    places = [canal.points[round(share * (len(canal.points) - 1))] for *_, share in drawn]
    rows: Rows = [
        {"station_code": code, "aliases": aliases, "name_th": f"{th} (ตำแหน่งสมมติ)",
         "name_en": f"{en} (made-up position)", "kind": kind, "canal": canal.name_th,
         "network": "RID" if bank else "สมมติ", "bank_m": bank,
         "note": "ระดับตลิ่งตามรายงานสาธารณะ ตำแหน่งสมมติ" if bank else MADE_UP}
        for code, aliases, th, en, kind, bank, _ in drawn
    ]  # fmt: skip
    return np.array(places), rows


def shared_area_rows(land: Land) -> tuple[list[BaseGeometry], Rows]:
    """Canals, the railway's reserve and the beach: land that several bodies look after together."""
    plan = land.plan
    told = "แนวสมมติเพื่อการสาธิต · made-up course"
    shapes: list[BaseGeometry] = []
    rows: Rows = []
    for number, line in enumerate(plan.canals, start=1):
        samrong = plan.code == "9099"
        shapes.append(line.shape.buffer(line.width / 2))
        rows.append({"area_code": f"{plan.code}-canal-{number}", "name_th": line.name_th, "name_en": line.name_en,
                     "kind": "canal", "municipalities": plan.facts["shares"],
                     "communities_count": 15 if samrong else None, "committees_count": 3 if samrong else None,
                     "description": told})  # fmt: skip
    for number, line in enumerate(plan.railways, start=1):
        shapes.append(line.shape.buffer(40, cap_style="flat"))
        rows.append({"area_code": f"{plan.code}-railway-{number}", "name_th": f"เขต{line.name_th}",
                     "name_en": f"Reserve of the {line.name_en}", "kind": "railway", "municipalities": plan.code,
                     "description": told})  # fmt: skip
    if plan.code == "9099":
        seaward = shapely.Polygon([(100, 2520), (1120, 400), (2150, -2000), (4000, -2000), (4000, 2520)])
        shapes.append(plan.outline.buffer(70).difference(plan.outline).intersection(seaward))
        rows.append({"area_code": "9099-beach-1", "name_th": "ชายหาด (แนวสมมติ)", "name_en": "Beach (made up)",
                     "kind": "beach", "municipalities": "9099", "description": told})  # fmt: skip
    return shapes, rows
