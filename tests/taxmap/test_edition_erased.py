"""Who asked to be erased stays erased: no pending edition and no undo brings them back."""

from __future__ import annotations

from geo.store.db import session_of
from geo.store.erase import erase
from geo.store.write import Act
from layers import LAYERS
from tests.taxmap.conftest import LATER, Officer, Rows, other, town, without


def erased(officer: Officer, rows: Rows, code: str) -> None:
    """The owner of a parcel, also of one that has ended, is taken out at their request."""
    query = "SELECT id FROM {} WHERE parcel_code = '" + code + "'"
    found = rows(query.format("parcel")) or rows(query.format("parcel_history"))
    request = rows(
        "INSERT INTO subject_request (municipality, kind, subject, reached_by, asked, received_on, due_on, made_at, "
        "made_by) VALUES ('9098', 'erasure', 'x', 'x', 'x', '2026-11-21', '2026-12-21', now(), 'dpo') RETURNING id"
    )
    act = Act(by="dpo", origin="test", at=LATER)
    with session_of(officer.engine) as session:
        erase(session, LAYERS["parcel"], found[0][0], act=act, request=request[0][0], areas=None)


def names(rows: Rows) -> set[str]:
    """Every owner's name that is anywhere."""
    return {row[0] for row in rows("SELECT owner_name FROM parcel UNION SELECT owner_name FROM parcel_history")}


def test_an_edition_compared_before_does_not_bring_the_owner_back(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(other(town(), "01A002", use="commercial"))
    erased(officer, rows, "01A002")
    done = officer.accepts(number)
    assert (done.accepted, len(done.stale)) == ((), 1)
    assert "นายสมมติ 1" not in names(rows)


def test_an_undo_brings_nobody_back(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    newer = without(other(town(), "01A002", owner="นางสาวสมมติ ใหม่"), "01A016")
    done = officer.accepts(officer.compares(newer))
    erased(officer, rows, "01A002")
    erased(officer, rows, "01A016")
    back = officer.undoes(done.change_id)
    assert len(back.left) == 1
    assert not {"นายสมมติ 1", "นายสมมติ 15", "นางสาวสมมติ ใหม่"} & names(rows)
    assert rows("SELECT owner_name, rai FROM parcel WHERE parcel_code = '01A016'") == [(None, 1)]
