"""A zip is opened without believing it: names cannot lead out, sizes are counted, nothing is left behind."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.errors import RefusedImport
from geo.intake.archive import unpacked
from geo.intake.open import opened

Make = Callable[..., Path]

POINT = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},'
    b'"geometry":{"type":"Point","coordinates":[100.5,7]}}]}'
)


def code_of(path: Path, **options: str) -> str:
    with pytest.raises(RefusedImport) as refused, opened(path, **options):
        pass
    told = refused.value.told
    assert told.th
    assert told.en
    assert "Traceback" not in told.en
    return refused.value.problems[0].code


@pytest.mark.parametrize(
    "name", ["../up.geojson", "a/../../up.geojson", "/etc/up.geojson", "..\\up.geojson", "C:\\up.geojson"]
)
def test_a_name_that_leads_out_of_its_folder_is_refused(make_zip: Make, name: str) -> None:
    assert code_of(make_zip("climbs.zip", {name: POINT})) == "zip-unsafe-path"


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(link, "/etc/passwd")
    assert code_of(path) == "zip-symlink"


def test_a_bomb_that_tells_its_size_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped, zipped.open("a.geojson", "w") as member:
        for _ in range(80):
            member.write(bytes(1024**2))
    assert path.stat().st_size < 1024**2
    assert code_of(path) == "zip-bomb"


def test_a_bomb_that_lies_about_its_size_goes_no_further_than_the_limit(tmp_path: Path) -> None:
    path, folder = tmp_path / "liar.zip", tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a.geojson", bytes(20 * 1024**2))
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.index(signature) + at
        raw[place : place + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(RefusedImport):
        unpacked(path, folder, file_name="liar.zip", most_bytes=1024**2)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 1024**2


def test_a_zip_that_declares_too_much_is_refused(make_zip: Make, tmp_path: Path) -> None:
    path = make_zip("big.zip", {"a.geojson": POINT})
    with pytest.raises(RefusedImport) as refused:
        unpacked(path, tmp_path, file_name="big.zip", most_bytes=10)
    assert refused.value.problems[0].code == "zip-too-big"


def test_a_zip_in_a_zip_is_refused(make_zip: Make) -> None:
    inner = make_zip("inner.zip", {"a.geojson": POINT})
    assert code_of(make_zip("outer.zip", {"inner.zip": inner.read_bytes()})) == "zip-nested"


def test_a_locked_zip_is_refused(make_zip: Make) -> None:
    path = make_zip("locked.zip", {"a.geojson": POINT})
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + at] |= 1
    path.write_bytes(raw)
    assert code_of(path) == "zip-encrypted"


def test_several_datasets_are_refused_with_their_names_and_one_can_be_chosen(make_zip: Make) -> None:
    path = make_zip("two.zip", {"แปลง.geojson": POINT, "sub/b.geojson": POINT.replace(b'"a"', b'"b"')})
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "several-datasets"
    assert [choice.en for choice in refused.value.choices] == [
        "--layer sub/b.geojson",
        "--layer แปลง.geojson",
    ]
    with opened(path, layer="b") as file:
        assert file.columns[0][0] == "b"
    assert code_of(path, layer="c") == "unknown-layer"


@pytest.mark.parametrize("lacking", [".shx", ".dbf"])
def test_a_shapefile_without_all_its_files_is_refused_by_name(
    make_shapefile: Make, make_zip: Make, lacking: str
) -> None:
    with zipfile.ZipFile(make_shapefile("whole.zip", [b"a"])) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist() if not name.endswith(lacking)}
    with pytest.raises(RefusedImport) as refused, opened(make_zip("part.zip", members)):
        pass
    assert refused.value.problems[0].code == "shapefile-incomplete"
    assert lacking in refused.value.told.th


def test_capital_suffixes_mac_leftovers_and_folders_are_no_obstacle(make_shapefile: Make, make_zip: Make) -> None:
    with zipfile.ZipFile(make_shapefile("whole.zip", ["ก".encode("cp874")])) as zipped:
        members = {f"ข้อมูล/{name.upper()}": zipped.read(name) for name in zipped.namelist()}
    members |= {"__MACOSX/._a.shp": b"x", "readme.txt": b"hello", "ข้อมูล/A.SHP.XML": b"<x/>"}
    with opened(make_zip("mac.zip", members)) as file:
        assert file.feature_count == 1


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_zip_that_was_not_copied_to_its_end_is_refused(shared: Path, tmp_path: Path, share: float) -> None:
    raw = (shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip").read_bytes()
    path = tmp_path / "half.zip"
    path.write_bytes(raw[: int(len(raw) * share)])
    assert code_of(path) == "damaged"


def test_a_zip_with_a_wrong_checksum_is_refused(shared: Path, tmp_path: Path) -> None:
    raw = bytearray((shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip").read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path = tmp_path / "flipped.zip"
    path.write_bytes(raw)
    assert code_of(path) == "damaged"


def test_zips_of_office_files_and_of_nothing_are_refused(make_zip: Make) -> None:
    book = {"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}
    assert code_of(make_zip("book.zip", book)) == "not-what-its-name-says"
    assert code_of(make_zip("book.xlsx", book)) == "damaged"
    assert code_of(make_zip("book.xlsb", {"xl/workbook.bin": b"x"})) == "unknown-type"
    assert (
        code_of(make_zip("book.ods", {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})) == "unknown-type"
    )
    assert code_of(make_zip("photo.zip", {"photo.jpg": b"x"})) == "zip-no-data"
    assert code_of(make_zip("nothing.zip", {})) == "zip-no-data"


def test_nothing_is_left_behind_after_taking_or_refusing(
    make_zip: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with opened(make_zip("fine.zip", {"a.geojson": POINT})) as file:
        assert file.feature_count == 1
        assert list(place.iterdir())
    assert not list(place.iterdir())
    code_of(make_zip("broken.zip", {"a.geojson": POINT[:50]}))
    assert not list(place.iterdir())
