"""Files that cannot be taken are told in words, whatever is wrong with them, and nothing half-done is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas
import pyogrio
import pytest

from geo.errors import BadRequest, Cancelled
from geo.intake.doctor.corrected import write_corrected
from geo.intake.doctor.examine import examined
from geo.intake.doctor.finding import Examination
from geo.store.known import NOTHING_KNOWN
from layers import LAYERS
from tests.intake_open.made import dbf
from tests.taxmap.ltax import GARBLED, write_ltax

PARCEL = LAYERS["parcel"]


def looked(path: Path) -> Examination:
    """The file examined for parcels."""
    return examined(NOTHING_KNOWN, PARCEL, path, layers=LAYERS)


@pytest.mark.parametrize("lacking", [".dbf", ".shx"])
def test_a_shapefile_without_one_of_its_files_is_told_which(tmp_path: Path, lacking: str) -> None:
    made = write_ltax(tmp_path, rows=60, defects=False)
    made.path.with_suffix(lacking).unlink()
    told = looked(made.path)
    assert told.refused is not None
    assert lacking in told.refused.en
    assert [one.code for one in told.findings] == ["shapefile-incomplete"]
    assert told.has_errors


def test_a_dbf_with_a_wrong_record_count_is_told(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=60, defects=False)
    table = made.path.with_suffix(".dbf")
    raw = bytearray(table.read_bytes())
    for count in (59, 61, 2**31 - 1):
        raw[4:8] = count.to_bytes(4, "little")
        table.write_bytes(raw)
        told = looked(made.path)
        assert [one.code for one in told.findings] == ["damaged"]
        assert str(count) in told.findings[0].told.en


def test_names_cut_to_ten_letters_are_understood_or_asked_about(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=3, defects=False)
    fields = [("parcel_cod", "C", 20), ("land_space", "C", 10), ("appraised_", "C", 12)]
    rows = [[b"01A001", b"1", b"500000"], [b"01A002", b"2", b"600000"], [b"01A003", b"3", b"700000"]]
    made.path.with_suffix(".dbf").write_bytes(dbf(fields, rows))
    told = looked(made.path)
    found = {one.code: one for one in told.findings}
    assert found["ambiguous-column"].column == "land_space"  # rai, ngan and wah are all cut to it
    assert {one.field: one.column for one in told.used} == {"parcel_code": "parcel_cod", "appraised_baht": "appraised_"}


def test_a_corrected_copy_is_mended_decoded_and_marked(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=8_000)
    told = looked(made.path)
    target = tmp_path / "copy.gpkg"
    write_corrected(told, PARCEL, made.path, target, layers=LAYERS)
    rows = geopandas.read_file(target, layer="parcel")
    assert len(rows) == 8_000
    assert rows.crs is not None
    assert rows.crs.to_epsg() == 4326
    assert rows.geometry.is_valid.all()
    assert made.boundary.buffer(0.1).covers(rows.geometry.union_all().envelope)
    assert rows["own_soi"].isin(["None"]).sum() == 0
    assert rows["own_soi"].isna().sum() == 40
    assert rows["own_provin"].iloc[0] == "สงขลา"
    for id in ("overlap", "key-composition:parcel_cod", "mojibake:Id_Chanod"):
        marked = rows.index[rows["atlas_findings"].fillna("").str.split(", ").map(lambda ids, id=id: id in ids)] + 1
        assert marked.tolist() == made.rows[id]
    assert rows["parcel_cod"].notna().sum() == 8_000 - made.counts["no-key:parcel_cod"]
    assert (rows["atlas_parcel_code"].dropna() == rows["parcel_cod"].dropna()).all()
    assert rows["Id_Chanod"].str.startswith(GARBLED, na=False).sum() == 55
    places = geopandas.read_file(target, layer="findings")
    assert set(places["finding"]) == {one.id for one in told.findings}
    assert (places.geom_type[places["finding"] == "gap"] == "Polygon").all()
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".gpkg") == ["copy.gpkg"]


def test_a_copy_stopped_on_the_way_leaves_what_was_there(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=45_000, defects=False)
    told = examined(NOTHING_KNOWN, PARCEL, made.path, layers=LAYERS, topology=False)
    target = tmp_path / "out" / "copy.gpkg"
    target.parent.mkdir()
    target.write_bytes(b"of last month")
    seen: list[int] = []
    with pytest.raises(Cancelled):
        write_corrected(told, PARCEL, made.path, target, layers=LAYERS, progress=lambda done, _: seen.append(done),
                        cancelled=lambda: bool(seen) and seen[-1] >= 40)  # fmt: skip
    assert [one.name for one in target.parent.iterdir()] == ["copy.gpkg"]
    assert target.read_bytes() == b"of last month"


FULL_DISK = """
import resource, sys
from pathlib import Path
from geo.errors import NoRoom
from geo.intake.doctor.corrected import write_corrected
from geo.intake.doctor.examine import examined
from geo.store.known import NOTHING_KNOWN
from layers import LAYERS
path, target = Path(sys.argv[1]), Path(sys.argv[2])
told = examined(NOTHING_KNOWN, LAYERS["parcel"], path, layers=LAYERS, topology=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    write_corrected(told, LAYERS["parcel"], path, target, layers=LAYERS)
except NoRoom as fault:
    print("no room:", fault.told.en)
"""


@pytest.mark.parametrize("allowed", [4_096, 500_000, 2_500_000])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, allowed: int) -> None:
    made = write_ltax(tmp_path, rows=20_000, defects=False)
    target = tmp_path / "out" / "copy.gpkg"
    target.parent.mkdir()
    ended = subprocess.run(  # our own interpreter on our own words
        [sys.executable, "-c", FULL_DISK, str(made.path), str(target), str(allowed)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert ended.stdout.startswith("no room: copy.gpkg could not be written"), ended.stderr[-2000:]
    assert list(target.parent.iterdir()) == []


def test_a_copy_is_made_of_a_layers_file_alone(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=60, defects=False)
    told = looked(made.path)
    with pytest.raises(BadRequest):
        write_corrected(told, LAYERS["building"], made.path, tmp_path / "copy.gpkg", layers=LAYERS)
    with pytest.raises(BadRequest):
        write_corrected(told, PARCEL, made.path, tmp_path / "copy.shp", layers=LAYERS)


def test_a_copy_of_a_file_with_awkward_names_keeps_every_column(tmp_path: Path) -> None:
    path = tmp_path / "lots.csv"
    path.write_text("fid,Geom,parcel_code,Parcel_Code,atlas_findings,lon,lat\nx,y,01A001,b,c,100.47,7.01\n", "utf-8")
    layer = LAYERS["asset"]
    told = examined(NOTHING_KNOWN, layer, path, layers=LAYERS)
    assert told.refused is None, told.told.en
    write_corrected(told, layer, path, tmp_path / "copy.gpkg", layers=LAYERS)
    fields = pyogrio.read_info(tmp_path / "copy.gpkg", layer="asset")["fields"].tolist()
    assert len({name.casefold() for name in fields}) == len(fields) >= 7
