"""A CSV is texts and places: every row keeps its number, and what cannot be read is told with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from geo.errors import RefusedImport
from geo.intake.open import Opened, opened


def saved(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def places(file: Opened) -> list[tuple[float, float] | None]:
    wkb = [value for batch in file.batches([]) for value in batch.column("geometry").to_pylist()]
    return [None if shape is None else (shape.x, shape.y) for shape in shapely.from_wkb(wkb)]


@pytest.mark.parametrize(
    "header",
    [
        "LATITUDE,LONGITUDE",
        "lat,lon",
        "Lat,Lng",
        "y,x",
        "ละติจูด,ลองจิจูด",
        "_where_latitude,_where_longitude",
        "LAT_DD,LON_DD",
    ],
)
def test_the_columns_of_a_place_are_known_by_their_headers(tmp_path: Path, header: str) -> None:
    with opened(saved(tmp_path, f"ชื่อ,{header}\nก,7.0160,100.4729\n")) as file:
        assert places(file) == [(100.4729, 7.0160)]


@pytest.mark.parametrize(
    "cell",
    [
        "7.0160 100.4729 0 5",
        "7.0160 100.4729",
        '"7.0160, 100.4729"',
        '"[7.0160, 100.4729]"',
        '"(7.0160,100.4729)"',
    ],
)
@pytest.mark.parametrize("header", ["พิกัด", "geopoint", "_geolocation", "gps"])
def test_a_geopoint_is_latitude_first(tmp_path: Path, header: str, cell: str) -> None:
    with opened(saved(tmp_path, f"ชื่อ,{header}\nก,{cell}\n")) as file:
        assert places(file) == [(100.4729, 7.0160)]


def test_wkt_is_read_and_is_no_longer_an_attribute(tmp_path: Path) -> None:
    closed, open_ring = '"POLYGON((100 7,100.1 7,100.1 7.1,100 7))"', '"POLYGON((100 7,100.1 7,100.1 7.1))"'
    text = f"id,WKT\n1,{closed}\n2,\n3,{open_ring}\n4,POLYGON((1\n"
    with opened(saved(tmp_path, text)) as file:
        assert [name for name, _ in file.columns] == ["id"]
        assert file.geometry_type == "Polygon"
        shapes = shapely.from_wkb(next(file.batches()).column("geometry").to_pylist())
        assert [shape is not None for shape in shapes] == [True, False, True, False]
        assert [(problem.code, problem.row) for problem in file.problems] == [
            ("bad-geometry", 4),
            ("ring-closed", 3),
        ]


def test_the_columns_of_a_place_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, "a,b\n7.0160,100.4729\n")
    with opened(path) as file:
        assert file.geometry_type is None
    with opened(path, lat_column="a", lon_column="b") as file:
        assert places(file) == [(100.4729, 7.0160)]
    for wrong in ({"lat_column": "a", "lon_column": "c"}, {"lat_column": "a"}, {"wkt_column": "c"}):
        with pytest.raises(RefusedImport), opened(path, **wrong):
            pass


def test_numbers_in_thai_digits_and_with_signs_are_places_and_the_rest_is_told(tmp_path: Path) -> None:
    text = "ชื่อ,lat,lon\nก,๗.๐๑๖,๑๐๐.๔๗๒๙\nข,7.016° N,100.4729° E\nค,,\nง,nan,100\nจ,เจ็ด,100\nฉ,inf,100\nช,-,-\n"
    with opened(saved(tmp_path, text)) as file:
        assert places(file) == [(100.4729, 7.016), (100.4729, 7.016), None, None, None, None, None]
        told = [(problem.code, problem.row, problem.value) for problem in file.problems]
        assert told == [
            ("bad-coordinate", 4, "nan"),
            ("bad-coordinate", 5, "เจ็ด"),
            ("bad-coordinate", 6, "inf"),
        ]
        assert all(problem.level == "error" and problem.told.th for problem in file.problems)


def test_latitude_and_longitude_exchanged_are_noticed_only_when_all_are(tmp_path: Path) -> None:
    with opened(saved(tmp_path, "lat,lon\n100.47,7.01\n100.6,7.2\n")) as file:
        assert file.axes == "swapped"
        assert file.bounds is not None
    with opened(saved(tmp_path, "lat,lon\n100.47,7.01\n7.2,100.6\n")) as file:
        assert file.axes == "lon,lat"


def test_metres_in_a_csv_are_refused_with_choices_until_the_crs_is_given(tmp_path: Path) -> None:
    path = saved(tmp_path, "ชื่อ,easting,northing\nก,662695.27,775773.09\n")
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "metres-as-degrees"
    assert len(refused.value.choices) == 2
    with opened(path, crs="EPSG:32647") as file:
        assert places(file) == [(662695.27, 775773.09)]


def test_every_cell_is_text_and_keeps_its_zeros_and_spaces(tmp_path: Path) -> None:
    with opened(saved(tmp_path, 'code,note\n0901," a ""b"""\n๐๑,"สอง\nบรรทัด"\n')) as file:
        rows = [row for batch in file.attributes() for row in batch.to_pylist()]
    assert rows == [{"code": "0901", "note": ' a "b"'}, {"code": "๐๑", "note": "สอง\nบรรทัด"}]


def test_rows_longer_or_shorter_than_the_header_keep_their_number_and_are_told(tmp_path: Path) -> None:
    with opened(saved(tmp_path, "a,b\n1,2\n3\n\n4,5,6\n7,8,\n")) as file:
        rows = [tuple(row.values()) for batch in file.attributes(size=2) for row in batch.to_pylist()]
        assert rows == [("1", "2"), ("3", ""), ("4", "5"), ("7", "8")]
        assert [(problem.row, problem.value) for problem in file.problems] == [(2, None), (3, "6")]
        list(file.batches())
        assert len(file.problems) == 2


def test_blank_and_repeated_headers_are_told_apart(tmp_path: Path) -> None:
    with opened(saved(tmp_path, "ชื่อ,,ชื่อ,geometry\nก,ข,ค,ง\n")) as file:
        assert [name for name, _ in file.columns] == ["ชื่อ", "column_2", "ชื่อ_2", "geometry_2"]
        assert {problem.code for problem in file.problems} == {"column-renamed"}


def test_two_hundred_columns_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, ",".join(f"c{turn}" for turn in range(200)) + "\n" + ",".join("1" * 200) + "\n")
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "csv-too-wide"
    assert "200" in refused.value.told.th


@pytest.mark.parametrize("cell", ["x" * 1_100_000, '"' + "x\n" * 1_000_000])
def test_a_line_without_end_or_a_quote_that_never_closes_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(RefusedImport) as refused, opened(saved(tmp_path, f"a,b\n1,{cell}\n")):
        pass
    assert refused.value.problems[0].code in ("csv-long-line", "csv-unreadable")


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    with opened(saved(tmp_path, "ชื่อ,lat,lon\n")) as file:
        assert file.feature_count == 0
        assert list(file.batches()) == []


def test_many_bad_places_are_counted_and_not_all_told(tmp_path: Path) -> None:
    with opened(saved(tmp_path, "lat,lon\n" + "x,y\n" * 1_000)) as file:
        assert len(file.problems) == 1_001
        assert "1000" in file.problems[-1].told.en
