"""What a planner would hold against the demo town, and what its numbers must agree on."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo import Town, towns
from data.demo.town import ORDER
from geo.codes import CodeList
from geo.shapes.measure import area_square_metres
from layers import LAYERS

Shapes = NDArray[np.object_]
DEGREE_METRES = 110_574.0


def shapes_of(town: Town, layer: str) -> Shapes:
    return np.asarray(shapely.from_wkb(town.tables[layer]["geometry"].to_pylist()), dtype=np.object_)


def words_of(town: Town, layer: str, column: str) -> list[Any]:
    found: list[Any] = town.tables[layer][column].to_pylist()
    return found


def overlap_square_metres(shapes: Shapes) -> NDArray[np.float64]:
    """How much each pair of neighbours shares."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    shared = shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])
    return np.asarray(shapely.area(shared) * DEGREE_METRES**2)


def test_every_shape_is_valid_and_of_a_kind_its_layer_takes(town: Town) -> None:
    for layer in ORDER:
        shapes = shapes_of(town, layer)
        assert shapely.is_valid(shapes).all(), layer
        kinds = {shape.geom_type.upper().removeprefix("MULTI") for shape in shapes}
        assert kinds <= set(LAYERS[layer].shape.kinds), layer


def test_every_column_is_one_that_the_layer_takes_from_a_file(town: Town) -> None:
    quoted = {"building": {"parcel_code"}, "household": {"building_code"}, "sign_board": {"parcel_code"}}
    for layer in ORDER:
        columns = set(town.tables[layer].column_names) - {"geometry"} - quoted.get(layer, set())
        taken = {name for name, field in LAYERS[layer].fields.items() if field.imported}
        assert columns <= taken, layer


def test_every_code_is_in_its_list(town: Town) -> None:
    for layer in ORDER:
        for name, field in LAYERS[layer].fields.items():
            if field.codes and name in town.tables[layer].column_names:
                known = set(CodeList.read(field.codes.id).by_code)
                used = {str(value) for value in words_of(town, layer, name) if value is not None}
                parts = {part for value in used for part in (value.split() if field.many else [value])}
                assert parts <= known, f"{layer}.{name}"


def test_parcels_lie_in_their_municipality(town: Town) -> None:
    outline = shapes_of(town, "municipality")[0].buffer(1e-6)
    shapely.prepare(outline)
    assert shapely.contains(outline, shapes_of(town, "parcel")).all()


def test_parcels_do_not_lie_on_each_other(town: Town) -> None:
    assert overlap_square_metres(shapes_of(town, "parcel")).max(initial=0) < 0.1


def test_no_parcel_lies_in_the_water(town: Town) -> None:
    kinds = np.array(words_of(town, "shared_area", "kind"))
    water = shapely.union_all(shapes_of(town, "shared_area")[kinds == "canal"]).buffer(-1e-6)
    shapely.prepare(water)
    assert not shapely.intersects(water, shapes_of(town, "parcel")).any()


def test_streets_stay_free(town: Town) -> None:
    """Parcels leave at least an eighth of the town for streets, water and railway."""
    outline = shapes_of(town, "municipality")[0]
    assert 0.55 < shapely.area(shapes_of(town, "parcel")).sum() / outline.area < 0.88


def test_rai_ngan_and_wah_say_the_area_of_the_shape(town: Town) -> None:
    area = area_square_metres(shapes_of(town, "parcel"))
    rai, ngan, wah = (np.array(words_of(town, "parcel", name), dtype=float) for name in ("rai", "ngan", "wah"))
    assert ngan.max() <= 3
    assert wah.max() < 100
    told = rai * 1600 + ngan * 400 + wah * 4
    # Written to a tenth of a square wah; the plan's metres and the spheroid's agree to about 1 in 5,000.
    assert (np.abs(told - area) < 0.25 + area / 2000).all()


def test_parcel_codes_have_the_form_of_the_tax_map(town: Town) -> None:
    rows = zip(*(words_of(town, "parcel", name) for name in ("parcel_code", "zone", "block", "lot")), strict=True)
    agree = 0
    for code, zone, block, lot in rows:
        assert code is None or re.fullmatch(r"[0-9]{2}[A-Z][0-9]{3}", code)
        agree += code == zone + block + lot
    assert agree / town.tables["parcel"].num_rows > 0.99


def test_few_parcel_codes_are_repeated_or_missing_and_only_as_in_real_files(town: Town) -> None:
    codes = words_of(town, "parcel", "parcel_code")
    times = Counter(code for code in codes if code)
    assert set(times.values()) <= {1, 2}
    assert 0 < sum(count == 2 for count in times.values()) < len(codes) * 0.005
    assert 0 < codes.count(None) < len(codes) * 0.003


def test_other_codes_name_one_row_each(laid_out: list[Town]) -> None:
    for layer, column in (
        ("municipality", "code"), ("community", "community_code"), ("shared_area", "area_code"),
        ("asset", "asset_code"), ("risk_zone", "risk_code"), ("risk_point", "risk_code"),
        ("flood_station", "station_code"), ("household", "household_code"), ("building", "building_code"),
    ):  # fmt: skip
        keys = [
            key
            for town in laid_out
            for key in zip(words_of(town, layer, "municipality"), words_of(town, layer, column), strict=True)
        ]
        assert len(set(keys)) == len(keys), layer
        assert all(code for _, code in keys), layer


def test_buildings_stand_within_one_parcel(town: Town) -> None:
    buildings, parcels = shapes_of(town, "building"), shapes_of(town, "parcel")
    building, _ = shapely.STRtree(parcels).query(buildings, predicate="covered_by")
    assert sorted(building) == list(range(len(buildings)))


def test_a_building_quotes_the_parcel_it_stands_on_or_nothing(town: Town) -> None:
    codes = words_of(town, "parcel", "parcel_code")
    building, parcel = shapely.STRtree(shapes_of(town, "parcel")).query(
        shapes_of(town, "building"), predicate="covered_by"
    )
    quoted = words_of(town, "building", "parcel_code")
    times = Counter(codes)
    for one, other in zip(building, parcel, strict=True):
        assert quoted[one] in (None, codes[other])
        assert quoted[one] is None or times[quoted[one]] == 1
    assert sum(code is None for code in quoted) < len(quoted) * 0.01


def test_households_live_in_the_building_they_quote(town: Town) -> None:
    shape = dict(zip(words_of(town, "building", "building_code"), shapes_of(town, "building"), strict=True))
    homes = shapes_of(town, "household")
    quoted = np.array([shape[code] for code in words_of(town, "household", "building_code")], dtype=np.object_)
    assert shapely.contains_properly(quoted, homes).all()


def test_communities_cover_the_parcels_and_not_each_other(town: Town) -> None:
    communities = shapes_of(town, "community")
    middles = shapely.point_on_surface(shapes_of(town, "parcel"))
    covered, _ = shapely.STRtree(communities).query(middles, predicate="intersects")
    assert len(set(covered)) == len(middles)
    assert overlap_square_metres(communities).max(initial=0) < 60


def test_a_town_has_railside_and_canalside_communities_where_it_has_a_railway_and_a_canal(town: Town) -> None:
    kinds = Counter(words_of(town, "community", "kind"))
    assert kinds["canalside"] >= 3
    if town.plan.railways:
        assert kinds["railside"] == 10


def test_hat_yai_and_songkhla_have_the_communities_that_public_documents_name(laid_out: list[Town]) -> None:
    hat_yai, songkhla = (set(words_of(town, "community", "name_th")) for town in laid_out[:2])
    assert hat_yai >= {"ป้อมหก", "จันทร์วิโรจน์", "จันทร์นิเวศน์", "รัชมังคลาภิเษก", "สถานีสอง", "บางหัก"}
    assert songkhla >= {
        "แหลมสนอ่อน", "แหลมทราย", "วัดศาลาหัวยาง", "ศาลาเหลืองเหนือ", "มัสยิดบ้านบน", "หัวป้อม", "หลังวิทยาลัยอาชีวะ",
        "เมืองใหม่พัฒนา", "เก้าเส้ง", "บ่อนวัวเก่า", "นอกสวน", "สวนหมาก", "กุโบร์",
    }  # fmt: skip


def test_a_name_that_no_document_gives_says_that_it_is_made_up(laid_out: list[Town]) -> None:
    documents = {name for town in laid_out[:2] for name in words_of(town, "community", "name_th") if "สมมติ" not in name}
    assert len(documents) <= 23
    for town in laid_out:
        assert all("สมมติ" in name for name in words_of(town, "asset", "name_th"))
        assert all("สมมติ" in name for name in words_of(town, "risk_point", "name_th"))
        assert all("made up" in note for note in words_of(town, "community", "boundary_note"))


def test_nobody_in_the_demo_is_a_person(town: Town) -> None:
    for layer, column in (("household", "head_name"), ("household", "house_no"), ("building", "house_no"),
                          ("parcel", "owner_name"), ("parcel", "owner_address"), ("parcel", "deed_no")):  # fmt: skip
        assert all("สมมติ" in value for value in words_of(town, layer, column)), f"{layer}.{column}"
    for layer in ORDER:
        assert {"phone", "contact", "house_code"}.isdisjoint(town.tables[layer].column_names)
        for row in town.tables[layer].drop_columns("geometry").slice(0, 50).to_pylist():
            assert not re.search(r"\b0[0-9]{8,9}\b|\b[0-9]{13}\b", " ".join(map(str, row.values())))


def test_some_risk_points_are_only_reported(town: Town) -> None:
    status = Counter(words_of(town, "risk_point", "status"))
    assert 0 < status["reported"] < sum(status.values()) / 2
    assert len(set(words_of(town, "risk_point", "kind"))) > 8


def test_floods_grow_shallower_away_from_the_canal(laid_out: list[Town]) -> None:
    canal = shapes_of(laid_out[0], "shared_area")[0]
    kinds = words_of(laid_out[0], "risk_zone", "kind")
    depths = words_of(laid_out[0], "risk_zone", "depth_m")
    names = words_of(laid_out[0], "risk_zone", "name_th")
    zones = [
        (depth, shapely.distance(canal, shape.centroid if shape.geom_type == "Point" else shape))
        for shape, kind, depth, name in zip(shapes_of(laid_out[0], "risk_zone"), kinds, depths, names, strict=True)
        if kind == "FLD-FLUV" and "อู่ตะเภา" in name
    ]
    assert [depth for depth, _ in zones] == [2.5, 1.5, 0.8, 0.3]
    away = [round(far * DEGREE_METRES) for _, far in zones]
    assert away == sorted(away)
    assert {"RIV-EROS"} <= set(kinds)


def test_gauges_carry_the_bank_levels_of_public_reports(laid_out: list[Town]) -> None:
    hat_yai = laid_out[0]
    codes = words_of(hat_yai, "flood_station", "station_code")
    banks = dict(zip(codes, words_of(hat_yai, "flood_station", "bank_m"), strict=True))
    assert {"X.44": 7.40, "X.90": 9.34, "X.173A": 16.13, "X.174": 8.88}.items() <= banks.items()
    assert all("สมมติ" in note for note in words_of(hat_yai, "flood_station", "note"))


def test_the_two_cities_have_their_size_and_place(laid_out: list[Town]) -> None:
    for town, code, square_kilometres, lon, lat in (
        (laid_out[0], "9098", 21.0, 100.4729, 7.0160), (laid_out[1], "9099", 9.3, 100.5967, 7.2061),
    ):  # fmt: skip
        outline = shapes_of(town, "municipality")
        assert words_of(town, "municipality", "code") == [code]
        assert abs(area_square_metres(outline)[0] / 1e6 - square_kilometres) < 0.1
        assert outline[0].contains(shapely.Point(lon, lat))


def test_scale_1_is_about_twenty_thousand_parcels(laid_out: list[Town]) -> None:
    counts = Counter[str]()
    for town in laid_out[:2]:
        counts.update({layer: table.num_rows for layer, table in town.tables.items()})
    assert 18_000 < counts["parcel"] < 23_000
    assert 10_500 < counts["building"] < 13_500
    assert 8_000 < counts["household"] < 11_000
    assert counts["community"] > 50
    assert 150 < counts["risk_point"] < 250
    assert 110 < counts["asset"] < 190
    assert counts["flood_station"] == 8


def test_scale_3_is_three_times_as_many_on_three_times_the_ground(laid_out: list[Town]) -> None:
    parcels = [town.tables["parcel"].num_rows for town in laid_out]
    assert 2.6 < sum(parcels) / sum(parcels[:2]) < 3.4
    outlines = np.concatenate([shapes_of(town, "municipality") for town in laid_out])
    assert overlap_square_metres(outlines).max(initial=0) == 0


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (list(towns(0.1, seed)) for seed in (11, 11, 12))
    for one, two, three in zip(first, again, other, strict=True):
        for layer in ORDER:
            assert one.tables[layer].equals(two.tables[layer]), layer
        assert not one.tables["parcel"].equals(three.tables["parcel"])


def test_a_small_scale_is_a_small_town() -> None:
    parcels = sum(town.tables["parcel"].num_rows for town in towns(0.1))
    assert 700 < parcels < 4_000
