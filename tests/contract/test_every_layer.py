"""What every layer promises, whichever it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Table, text
from sqlalchemy.orm import Session, mapped_column

from geo.errors import BadLayer
from geo.layer import (
    Audience,
    Layer,
    LayerTable,
    Mapped,
    Published,
    Stack,
    Style,
    Text,
    WKBElement,
    field,
    shape,
)
from layers import LAYERS
from tests.makers import make_rows

TEN = {
    "municipality", "community", "shared_area", "asset", "risk_point", "risk_zone", "parcel", "building", "household",
    "flood_station",
}  # fmt: skip


def test_the_ten_layers_are_there() -> None:
    assert set(LAYERS) >= TEN


@pytest.mark.parametrize("name", LAYERS)
def test_every_column_has_both_labels_and_an_audience(name: str) -> None:
    for column, words in LAYERS[name].fields.items():
        assert words.label.en, column
        assert any("\u0e00" <= letter <= "\u0e7f" for letter in words.label.th), f"{column}: no Thai in the Thai label"
        assert isinstance(words.audience, Audience)


@pytest.mark.parametrize("name", LAYERS)
def test_every_code_list_is_bilingual(name: str) -> None:
    for words in LAYERS[name].fields.values():
        if words.codes is None:
            continue
        for code in words.codes.codes:
            assert code.label.th
            assert code.label.en
            assert words.codes.code_for(code.label.th) is not None


@pytest.mark.parametrize("name", LAYERS)
def test_a_made_up_row_fits_its_table(name: str, session: Session) -> None:
    (fid,) = make_rows(session, name)
    row = session.execute(
        text(f"SELECT version, change_id, geom_mercator IS NOT NULL FROM {name} WHERE id = :id"), {"id": fid}
    )
    assert row.one()[0] == 1


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_tells_its_edits(name: str, session: Session) -> None:
    found = session.scalars(
        text("SELECT tgname FROM pg_trigger WHERE tgrelid = cast(:t AS regclass)"), {"t": name}
    ).all()
    assert {"atlas_insert", "atlas_update", "atlas_delete"} <= set(found)


def test_the_identity_chain_is_foreign_keys() -> None:
    chain = {("parcel", "community"), ("building", "parcel"), ("household", "building")}
    keys = {
        (layer.id, key.column.table.name) for layer in LAYERS.values() for key in layer.table.__table__.foreign_keys
    }
    assert chain <= keys


WHAT_THE_PUBLIC_SEES = {
    "municipality": """
        municipality code name_th name_en kind amphoe_code registered_people people_by_rolls counted_on
        boundary_note""",
    "community": """
        municipality community_code name_th name_en aliases kind zone announced_on registered_households
        registered_people counted_on registered_source present_people present_on present_source problems
        boundary_note""",
    "shared_area": """
        municipality area_code name_th name_en kind municipalities communities_count committees_count description""",
    "asset": """
        municipality asset_code name_th name_en kind capacity operator open_in_flood description surveyed_on
        source_note community_id status inspected_on reinspect_on belongs_to division
        plan_activity budget_baht due_on""",
    "flood_station": """
        municipality station_code aliases name_th name_en kind canal network ground_m bank_m warning_m note
        community_id""",
    "risk_point": """
        municipality risk_code kind name_th cause likelihood severity score band seen_on hazard_year
        affected_band threatens community_id status inspected_on reinspect_on belongs_to division
        plan_activity budget_baht due_on""",
    "risk_zone": """
        municipality risk_code kind name_th cause likelihood severity score band seen_on hazard_year
        depth_m return_years affected_band threatens community_id status inspected_on reinspect_on belongs_to division
        plan_activity budget_baht due_on""",
    "parcel": """
        municipality parcel_code zone block lot land_use rai ngan wah area_square_metres document_type
        land_owner_agency occupancy tax_year community_id""",
    "building": "municipality building_code use storeys area_square_metres soi parcel_id community_id",
    "sign_board": "municipality sign_code kind moving width_cm height_cm faces parcel_id community_id",
    "tax_zone": "municipality zone name_th area_square_metres",
    "tax_block": "municipality block_code zone block area_square_metres",
    "tax_sheet": "municipality sheet_no scale numbering",
    "household": "municipality",
}


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_what_the_public_sees_is_what_a_reviewer_agreed_to(name: str) -> None:
    assert LAYERS[name].fields_for(Audience.PUBLIC) == tuple(WHAT_THE_PUBLIC_SEES[name].split())


def test_mypy_refuses_a_column_without_audience_or_label(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from geo.layer import Audience, Text, field\n"
        'a = field(Text("ก", "A"))\n'
        "b = field(Audience.PUBLIC)\n"
        'c = field(Text("ก"), Audience.PUBLIC)\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(bad)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    refused = {line.split(":")[1] for line in done.stdout.splitlines() if "bad.py" in line and "error" in line}
    assert refused == {"2", "3", "4"}, done.stdout


def _layer_of(table: type[LayerTable], **more: object) -> Layer:
    words: dict[str, object] = {
        "id": table.__tablename__, "title": Text("ก", "A"), "about": Text("ก", "A"), "table": table, "keys": (),
        "zooms": range(1, 5), "stack": Stack.POINTS, "style": Style(color="#000000"), "popup": (),
        "source": Text("ก", "A"), "licence": "none", "maps": (), "editors": Audience.STAFF, **more,
    }  # fmt: skip
    return Layer(**words)  # type: ignore[arg-type]


def test_a_declaration_with_a_bare_column_is_refused_at_start() -> None:
    class Bare(LayerTable):
        __tablename__ = "bare_column"
        oops: Mapped[str | None] = mapped_column()
        geom: Mapped[WKBElement] = shape("POINT", public=Published.AS_IT_IS)

    with pytest.raises(BadLayer, match="oops"):
        _layer_of(Bare)
    LayerTable.metadata.remove(cast(Table, Bare.__table__))


def test_a_popup_that_names_an_unknown_field_is_refused_at_start() -> None:
    class Small(LayerTable):
        __tablename__ = "small_one"
        name: Mapped[str | None] = field(Text("ชื่อ", "Name"), Audience.PUBLIC)
        geom: Mapped[WKBElement] = shape("POINT", public=Published.AS_IT_IS)

    with pytest.raises(BadLayer, match="nme"):
        _layer_of(Small, popup=("nme",))
    LayerTable.metadata.remove(cast(Table, Small.__table__))
