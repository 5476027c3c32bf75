"""Why personal data was taken: said with each import, kept with it, and asked for where consent is the ground."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from geo.errors import BadLayer, BadRequest
from geo.layer import Audience, Nature
from geo.personal import BASES, SENSITIVE_BASES, Basis, SensitiveBasis
from geo.store.consents import add_consent_text, consent_text
from geo.store.db import session_of
from layers import LAYERS
from tests.duties.conftest import AT, HOUSEHOLD, Load, Rows, survey


def test_what_nobody_says_is_as_the_layer_says_and_kept_with_the_batch(load: Load, rows: Rows, tmp_path: Path) -> None:
    report = load(survey(tmp_path))
    (kept,) = rows("SELECT purpose, lawful_basis, sensitive_basis, consent_text_id, retain_until FROM import_batch")
    assert tuple(kept) == (str(HOUSEHOLD.processing.purpose), "public-task", "explicit-consent", None, None)  # type: ignore[union-attr]
    assert report.to_json()["grounds"]["lawful_basis"] == "public-task"
    # Health on consent, and nobody can say what people agreed to: that is told, and is no reason to lose a survey.
    assert report.by_code["no-consent-text"] == 1


def test_a_file_that_feeds_nothing_sensitive_needs_no_ground_for_it(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("household_code,residents,lon,lat\nHH-1,3,100.47,7.01\n", "utf-8")
    report = load(path)
    assert rows("SELECT sensitive_basis FROM import_batch")[0].sensitive_basis is None
    assert "no-consent-text" not in report.by_code


def test_consent_names_a_text_and_its_version(load: Load, rows: Rows, engine: Engine, tmp_path: Path) -> None:
    path = survey(tmp_path)
    for said in ({"basis": "consent"}, {"sensitive_basis": "explicit-consent"}, {"consent": "survey/1"},
                 {"basis": "because"}, {"sensitive_basis": "public-task"}, {"purpose": "x" * 301}):  # fmt: skip
        with pytest.raises(BadRequest):
            load(path, **said)
    with session_of(engine) as session:
        add_consent_text(session, "9099", "survey", "ของเมืองอื่น", by="a steward", at=AT)
        first = add_consent_text(session, "9098", "survey", "ข้าพเจ้ายินยอม", by="a steward", at=AT).id
        second = add_consent_text(session, "9098", "survey", "ข้าพเจ้ายินยอม (แก้ไข)", by="a steward", at=AT).id
    load(path, consent="survey/1", basis="consent", purpose="สำรวจ  ผู้เปราะบาง")
    load(survey(tmp_path, residents=4), consent="survey")
    kept = rows("SELECT consent_text_id, purpose, lawful_basis FROM import_batch ORDER BY id")
    assert [one.consent_text_id for one in kept] == [first, second]
    assert (kept[0].purpose, kept[0].lawful_basis) == ("สำรวจ ผู้เปราะบาง", "consent")
    with session_of(engine) as session, pytest.raises(BadRequest):
        consent_text(session, "9098", "survey/3")


@pytest.mark.parametrize(
    "act", ["UPDATE consent_text SET words = 'x'", "DELETE FROM consent_text", "TRUNCATE consent_text CASCADE"]
)
def test_no_version_of_a_text_is_ever_altered(rows: Rows, engine: Engine, act: str) -> None:
    with session_of(engine) as session:
        add_consent_text(session, "9098", "survey", "ข้าพเจ้ายินยอม", by="a steward", at=AT)
    with pytest.raises(DBAPIError, match="is kept as it was written"):
        rows(act)


def test_data_of_nobody_has_no_ground(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text("station_code,name_th,lon,lat\nS-1,สถานี,100.47,7.01\n", "utf-8")
    assert load(path, layer="flood_station").grounds is None
    with pytest.raises(BadRequest):
        load(path, layer="flood_station", basis="consent")


def test_every_basis_has_its_words() -> None:
    assert set(BASES) == set(Basis)
    assert set(SENSITIVE_BASES) == set(SensitiveBasis)


@pytest.mark.parametrize("name", LAYERS)
def test_every_column_granted_by_name_says_its_nature(name: str) -> None:
    layer = LAYERS[name]
    named = [words for words in layer.fields.values() if words.audience in (Audience.CARE, Audience.TAX)]
    assert all(words.nature for words in named)
    assert bool(layer.processing) == layer.is_personal


def test_a_layer_that_does_not_say_why_it_holds_people_is_refused() -> None:
    why = HOUSEHOLD.processing
    assert why is not None
    assert HOUSEHOLD.personal(Nature.SENSITIVE)
    with pytest.raises(BadLayer, match="go together"):
        replace(HOUSEHOLD, processing=None)
    with pytest.raises(BadLayer, match="section 26"):
        replace(HOUSEHOLD, processing=replace(why, sensitive_basis=None))
    with pytest.raises(BadLayer, match="days"):
        replace(HOUSEHOLD, processing=replace(why, kept=replace(why.kept, since="residents")))
    with pytest.raises(BadLayer, match="go together"):
        replace(LAYERS["flood_station"], processing=why)
