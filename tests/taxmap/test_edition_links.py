"""Buildings, households and signs keep their parcel through a split or a merger, or a person is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.errors import OutOfTurn, UnknownFeature
from geo.layer import Audience
from geo.people.areas import Areas
from geo.store.asking import Asking
from geo.store.db import session_of
from geo.store.link_questions import answered, open_questions
from geo.store.write import Act
from layers import LAYERS
from tests.makers import make_rows
from tests.taxmap.conftest import LATER, SIDE, TOWN, Lot, Officer, Rows, cell, other, town, without

HERE = Areas(towns=frozenset({TOWN}))
STAFF = Asking(audience=Audience.STAFF, areas=HERE, person="officer")


@pytest.fixture
def made(engine: Engine) -> Callable[..., int]:
    """`made("building", shape, parcel_code, how)`: a row linked to a parcel; its id."""

    def one(layer: str, shape: Any, code: str, how: str = "location") -> int:
        with Session(engine) as session, session.begin():
            parcel = session.scalar(text("SELECT id FROM parcel WHERE parcel_code = :code"), {"code": code})
            (found,) = make_rows(session, layer, geom=from_shape(shape, 4326), municipality=TOWN, parcel_id=parcel,
                                 parcel_link=how)  # fmt: skip
            return int(found)

    return one


def split(lots: list[Lot]) -> list[Lot]:
    """01A006 in two halves."""
    return [*other(lots, "01A006", shape=cell(1, 1, 0.5)), Lot("01A006/001", cell(1.5, 1, 0.5))]


def merged(lots: list[Lot]) -> list[Lot]:
    """01A011 is a part of 01A010 now."""
    return without(other(lots, "01A010", shape=cell(1, 2, 2)), "01A011")


def code_of(rows: Rows, layer: str, id: int) -> tuple[Any, ...]:
    """The parcel that a row is linked to, how, and its version."""
    query = f"SELECT p.parcel_code, r.parcel_link, r.version FROM {layer} AS r LEFT JOIN parcel AS p ON p.id = " \
            f"r.parcel_id WHERE r.id = {id}"  # fmt: skip
    return tuple(rows(query)[0])


@pytest.mark.parametrize("how", ["location", "given", "hand"])
def test_what_lies_in_one_part_goes_along(how: str, officer: Officer, rows: Rows, made: Callable[..., int]) -> None:
    officer.loads(town())
    east = made("building", cell(1.6, 1.2, 0.2, 0.2), "01A006", how)
    west = made("building", cell(1.1, 1.2, 0.2, 0.2), "01A006", how)
    home = made("household", shapely.Point(100.47 + 1.7 * SIDE, 7.0 + 1.3 * SIDE), "01A006", how)
    sign = made("sign_board", shapely.Point(100.47 + 1.7 * SIDE, 7.0 + 1.3 * SIDE), "01A006", how)
    done = officer.accepts(officer.compares(split(town())))
    assert (dict(done.followed), done.questions) == ({"building": 1, "household": 1, "sign_board": 1}, 0)
    assert code_of(rows, "building", east) == ("01A006/001", how, 2)
    assert code_of(rows, "building", west) == ("01A006", how, 1)
    assert code_of(rows, "household", home) == ("01A006/001", how, 2)
    assert code_of(rows, "sign_board", sign) == ("01A006/001", how, 2)


@pytest.mark.parametrize("how", ["location", "hand"])
def test_what_lies_across_stays_and_is_asked(how: str, officer: Officer, rows: Rows, made: Callable[..., int]) -> None:
    officer.loads(town())
    house = made("building", cell(1.2, 1.2, 0.7, 0.2), "01A006", how)
    done = officer.accepts(officer.compares(split(town())))
    assert done.questions == 1
    assert code_of(rows, "building", house) == ("01A006", how, 1)
    with session_of(officer.engine) as session:
        (asked,) = open_questions(session, LAYERS, STAFF)
        assert (asked.layer, asked.row_id, asked.why.en) == ("building", house, "it lies across several parcels")
        assert {one.code: one.share for one in asked.candidates} == pytest.approx(
            {"01A006/001": 4 / 7, "01A006": 3 / 7}, abs=1e-3)  # fmt: skip
        east = next(one.id for one in asked.candidates if one.code == "01A006/001")
        act = Act(by="officer", origin="test", at=LATER)
        assert answered(session, LAYERS, STAFF, asked.id, east, act=act) == 2
        with pytest.raises(OutOfTurn):
            answered(session, LAYERS, STAFF, asked.id, east, act=act)
        assert open_questions(session, LAYERS, STAFF) == []
    assert code_of(rows, "building", house) == ("01A006/001", "hand", 2)


def test_a_question_is_for_those_who_may_see_the_row(officer: Officer, made: Callable[..., int]) -> None:
    officer.loads(town())
    made("household", shapely.Point(100.47 + 3.5 * SIDE, 7.0 + 3.5 * SIDE), "01A016", "hand")
    officer.accepts(officer.compares(without(town(), "01A016")))
    with session_of(officer.engine) as session:
        (asked,) = open_questions(session, LAYERS, STAFF)
        assert (asked.layer, asked.was_code, asked.now_id) == ("household", "01A016", None)
        for audience, towns in ((Audience.PUBLIC, {TOWN}), (Audience.PARTNER, {TOWN}), (Audience.STAFF, {"9099"}),
                                (Audience.COMMUNITY, {TOWN})):  # fmt: skip
            somebody = Asking(audience=audience, areas=Areas(towns=frozenset(towns)), person="x")
            assert open_questions(session, LAYERS, somebody) == []
            with pytest.raises(UnknownFeature):
                answered(session, LAYERS, somebody, asked.id, None, act=Act(by="x", origin="test", at=LATER))


def test_a_merger_takes_all_along_and_an_undo_gives_them_back(
    officer: Officer, rows: Rows, made: Callable[..., int]
) -> None:
    officer.loads(town())
    house = made("building", cell(2.2, 2.2, 0.5, 0.5), "01A011", "given")
    done = officer.accepts(officer.compares(merged(town())))
    assert code_of(rows, "building", house) == ("01A010", "given", 2)
    back = officer.undoes(done.change_id)
    assert (back.left, back.relinked) == ((), {"building": 1})
    assert code_of(rows, "building", house) == ("01A011", "given", 3)
    officer.undoes(back.change_id)
    assert code_of(rows, "building", house) == ("01A010", "given", 4)


def test_an_undo_withdraws_its_questions_and_its_undo_asks_again(
    officer: Officer, rows: Rows, made: Callable[..., int]
) -> None:
    officer.loads(town())
    house = made("building", cell(3.2, 3.2, 0.5, 0.5), "01A016", "hand")
    done = officer.accepts(officer.compares(without(town(), "01A016")))
    assert code_of(rows, "building", house) == (None, None, 2)
    back = officer.undoes(done.change_id)
    assert code_of(rows, "building", house) == ("01A016", "hand", 3)
    assert rows("SELECT state FROM link_question") == [("withdrawn",)]
    officer.undoes(back.change_id)
    assert rows("SELECT state FROM link_question") == [("open",)]


def test_a_row_that_somebody_touched_since_is_left_and_told(officer: Officer, rows: Rows, engine: Engine) -> None:
    from geo.store.write import amend

    officer.loads(town())
    done = officer.accepts(officer.compares(other(split(town()), "01A001", use="commercial")))
    id = rows("SELECT id FROM parcel WHERE parcel_code = '01A001'")[0][0]
    with session_of(engine) as session:
        amend(session, LAYERS["parcel"], id, {"rai": 9}, act=Act(by="officer", origin="test", at=LATER))
    back = officer.undoes(done.change_id)
    assert [(one.layer, one.id) for one in back.left] == [("parcel", id)]
    assert rows("SELECT rai, land_use FROM parcel WHERE parcel_code = '01A001'") == [(9, "commercial")]
    assert rows("SELECT count(*) FROM parcel") == [(16,)]


def test_a_load_takes_links_along_as_an_acceptance_does(officer: Officer, rows: Rows, made: Callable[..., int]) -> None:
    officer.loads(town())
    house = made("building", cell(2.2, 2.2, 0.5, 0.5), "01A011", "hand")
    report = officer.loads(merged(town()), at=LATER)
    assert (report.counts.ended, report.counts.kinds["MERGE"]) == (1, 1)
    assert code_of(rows, "building", house) == ("01A010", "hand", 2)


def test_what_a_part_of_the_town_lacks_stays_after_a_load(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    assert officer.loads(without(town(), "01A016"), at=LATER).counts.nothing_changed
    assert officer.loads(without(town(), "01A016"), at=LATER, whole=True).counts.ended == 1
    assert rows("SELECT count(*) FROM parcel") == [(15,)]
