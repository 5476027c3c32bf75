"""What an officer said of a header is known for the next file."""

from __future__ import annotations

import pytest

from geo.errors import BadRequest
from geo.store.column_choices import forget, remember, remembered
from geo.store.db import session_of
from layers import LAYERS
from tests.taxmap.conftest import AT, LATER, TOWN, Officer

PARCEL = LAYERS["parcel"]


def test_a_header_is_known_again_however_it_is_written(officer: Officer) -> None:
    with session_of(officer.engine) as session:
        remember(session, PARCEL, TOWN, {"รหัส แปลง": "parcel_code", "SHAPE_LEN": None}, by="officer", at=AT)
        found = remembered(session, PARCEL, TOWN, ["รหัสแปลง", "shape_len", "rai"])
        assert found.fields == {"รหัสแปลง": "parcel_code"}
        assert found.unused == {"shape_len"}
        remember(session, PARCEL, TOWN, {"shape_len": "rai"}, by="officer", at=LATER)
        assert remembered(session, PARCEL, TOWN, ["Shape_Len"]).fields == {"Shape_Len": "rai"}
        assert forget(session, PARCEL, TOWN, ["shape_len"]) == 1
        assert remembered(session, PARCEL, TOWN, ["shape_len"]).fields == {}


def test_a_choice_is_of_one_town_and_one_layer_and_names_a_column(officer: Officer) -> None:
    with session_of(officer.engine) as session:
        remember(session, PARCEL, TOWN, {"code": "parcel_code"}, by="officer", at=AT)
        assert remembered(session, PARCEL, "9099", ["code"]).fields == {}
        assert remembered(session, LAYERS["building"], TOWN, ["code"]).fields == {}
        with pytest.raises(BadRequest):
            remember(session, PARCEL, TOWN, {"code": "no_such"}, by="officer", at=AT)
