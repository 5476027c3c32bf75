"""The encoding is decided by all bytes of a file; a `.cpg` is only a witness."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import RefusedImport
from geo.intake.encoding import decided, facts_of, known_encoding
from geo.intake.open import Opened, opened

Make = Callable[..., Path]

NAMES = ["บ่อยาง", "เมืองสงขลา", "คลองแห", "คอหงส์", "หาดใหญ่"]


def names(file: Opened) -> list[str | None]:
    (name, _), *_ = file.columns
    return [value for batch in file.attributes([name]) for value in batch.column(0).to_pylist()]


@pytest.mark.parametrize("cpg", [None, "OEM 874", "ANSI 874", "874", "TIS-620", "cp874", "windows-874", "x-nonsense"])
def test_cp874_is_read_with_any_cpg_or_none(make_shapefile: Make, cpg: str | None) -> None:
    path = make_shapefile("cp874.zip", [name.encode("cp874") for name in NAMES], cpg=cpg)
    with opened(path) as file:
        assert file.encoding == "cp874"
        assert names(file) == NAMES
        assert "cp874" in file.encoding_reason.th


@pytest.mark.parametrize("cpg", ["UTF-8", "ISO-8859-1", "1252"])
def test_a_cpg_that_contradicts_the_bytes_is_overruled_and_told(make_shapefile: Make, cpg: str) -> None:
    path = make_shapefile("wrong_cpg.zip", [name.encode("cp874") for name in NAMES], cpg=cpg)
    with opened(path) as file:
        assert names(file) == NAMES
        (problem,) = file.problems
        assert (problem.code, problem.value, problem.became) == ("encoding-overruled", cpg, "cp874")


def test_utf8_under_a_cpg_of_cp874_is_read_as_utf8_and_told(make_shapefile: Make) -> None:
    with opened(make_shapefile("utf8_oem874.zip", [name.encode() for name in NAMES], cpg="OEM 874")) as file:
        assert (file.encoding, names(file)) == ("UTF-8", NAMES)
        assert [problem.code for problem in file.problems] == ["encoding-overruled"]


def test_two_bytes_that_are_thai_in_cp874_and_a_letter_in_utf8_do_not_decide(make_shapefile: Make) -> None:
    cells = [b"\xca\xa7", *(name.encode("cp874") for name in NAMES)]
    with opened(make_shapefile("ca_a7.zip", cells)) as file:
        assert names(file)[0] == "สง"
    with opened(make_shapefile("ca_a7_alone.zip", [b"\xca\xa7"])) as file:
        assert names(file) == ["สง"]


def test_punctuation_that_tis_620_lacks_is_kept(make_shapefile: Make) -> None:
    quoted = "“ตลาด” … €5 – น้ำ"
    cells = [quoted.encode("cp874"), *(name.encode("cp874") for name in NAMES)]
    with opened(make_shapefile("smart_quotes.zip", cells)) as file:
        assert names(file)[0] == quoted


def test_a_letter_cut_by_the_width_of_its_field_is_left_out_and_told(make_shapefile: Make) -> None:
    whole = "สำนักงานเขตพื้นที่"
    raw = whole.encode()
    cells = [raw[:20], "หาดใหญ่".encode()[:20], "ควนลัง".encode()]
    with opened(make_shapefile("cut_utf8.zip", cells, width=20)) as file:
        assert file.encoding == "UTF-8"
        assert names(file) == [whole[:6], "หาดใหญ", "ควนลัง"]
        assert [problem.code for problem in file.problems] == ["text-cut"]


def test_thai_field_names_are_read_too(make_shapefile: Make) -> None:
    path = make_shapefile("thai_field.zip", [b"\xa1"], field="ชื่อแปลง".encode("cp874"))
    with opened(path) as file:
        assert file.columns[0][0] == "ชื่อแปลง"
        assert names(file) == ["ก"]


def test_the_encoding_that_a_person_gives_wins_and_its_damage_is_told(make_shapefile: Make) -> None:
    path = make_shapefile("asked.zip", [name.encode() for name in NAMES])
    with opened(path, encoding="OEM 874") as file:
        assert file.encoding == "cp874"
        assert "as asked" in file.encoding_reason.en
        assert [problem.code for problem in file.problems] == ["encoding-damaged"]


def test_an_encoding_that_does_not_exist_is_refused_with_choices(make_shapefile: Make) -> None:
    with pytest.raises(RefusedImport) as refused, opened(make_shapefile("a.zip", [b"\xa1"]), encoding="ไทย"):
        pass
    assert refused.value.choices


def test_a_file_in_neither_is_refused_unless_the_encoding_is_given(make_shapefile: Make) -> None:
    cells = [text.encode("shift_jis") for text in ("日本語", "東京都", "大阪府", "漢字表")]
    path = make_shapefile("shift_jis.zip", cells)
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "encoding-unknown"
    with opened(path, encoding="shift_jis") as file:
        assert names(file) == ["日本語", "東京都", "大阪府", "漢字表"]


def test_one_damaged_name_among_many_does_not_change_the_decision(make_shapefile: Make) -> None:
    cells = [f"{name} {turn}".encode() for turn in range(8) for name in NAMES]
    cells[3] = b"\xe0\xb8\xffx" + "ดี".encode()
    with opened(make_shapefile("one_damaged.zip", cells)) as file:
        assert file.encoding == "UTF-8"
        assert [problem.code for problem in file.problems] == ["encoding-damaged"]
        assert "\ufffd" in (names(file)[3] or "")


def test_mojibake_that_somebody_saved_as_good_utf8_stays_as_it_is(make_shapefile: Make) -> None:
    cells = ["เน€เธเธฃ".encode(), *(name.encode() for name in NAMES)]
    with opened(make_shapefile("saved_mojibake.zip", cells)) as file:
        assert file.encoding == "UTF-8"
        assert names(file)[0] == "เน€เธเธฃ"


def test_empty_cells_stay_empty(make_shapefile: Make) -> None:
    with opened(make_shapefile("empty_cells.zip", ["ก".encode("cp874"), b"", b"abc", b""])) as file:
        assert names(file) == ["ก", None, "abc", None]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("ชื่อ,lat,lon\nบ่อยาง,7.2,100.6\n".encode(), "UTF-8"),
        (codecs.BOM_UTF8 + "ชื่อ,lat,lon\nบ่อยาง,7.2,100.6\n".encode(), "UTF-8"),
        ("ชื่อ,lat,lon\nบ่อยาง,7.2,100.6\n".encode("cp874"), "cp874"),
        ("ชื่อ\tlat\tlon\r\nบ่อยาง\t7.2\t100.6\r\n".encode("utf-16"), "UTF-16"),
        ("ชื่อ;lat;lon\nบ่อยาง;7.2;100.6\n".encode("cp874"), "cp874"),
    ],
)
def test_a_csv_is_read_in_the_encoding_of_its_bytes(tmp_path: Path, raw: bytes, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    with opened(path) as file:
        assert file.encoding == encoding
        row = next(file.batches()).to_pylist()[0]
        assert (row["ชื่อ"], row["lat"], row["lon"]) == ("บ่อยาง", "7.2", "100.6")
        assert file.geometry_type == "Point"


thai_words = st.text(st.sampled_from("กขคงจฉชซญดตถทนบปผพมยรลวสหอ"), min_size=2, max_size=12)


@given(st.lists(thai_words, min_size=1, max_size=20), st.sampled_from(["utf-8", "cp874"]))
def test_thai_words_are_decided_right_in_either_encoding(words: list[str], encoding: str) -> None:
    decision = decided(facts_of(word.encode(encoding) for word in words))
    assert [word.encode(encoding).decode(decision.encoding) for word in words] == words


def test_names_of_encodings_are_understood_as_offices_write_them() -> None:
    assert {known_encoding(name) for name in ("OEM 874", "ANSI 874", "TIS-620", "windows-874", "CP874", "874\r\n")} == {
        "cp874"
    }
    assert {known_encoding(name) for name in ("UTF-8", "utf8", "65001", "UTF8\n")} == {"UTF-8"}
    assert known_encoding("บ้าน") is None
    assert known_encoding("") is None


def test_a_geojson_that_somebody_saved_as_cp874_is_read_as_thai(tmp_path: Path) -> None:
    text = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"ชื่อ": "บ่อยาง"},
        "geometry": {"type": "Point", "coordinates": [100.6, 7.2]}}]}"""
    path = tmp_path / "cp874.geojson"
    path.write_bytes(text.encode("cp874"))
    with opened(path) as file:
        assert file.encoding == "cp874"
        assert next(file.attributes()).to_pylist() == [{"ชื่อ": "บ่อยาง"}]


def test_one_flipped_byte_in_a_geojson_is_shown_and_told(shared: Path, tmp_path: Path) -> None:
    raw = (shared / "osm/hatyai_flood_shelters_2025.geojson").read_bytes()
    at = raw.index("ศูนย์".encode())
    path = tmp_path / "flipped.geojson"
    path.write_bytes(raw[:at] + b"\xff" + raw[at + 1 :])
    with opened(path) as file:
        assert "\ufffd" in str(next(file.attributes(["name_th"])).column(0)[0])
        assert {problem.code for problem in file.problems} == {"encoding-damaged"}
