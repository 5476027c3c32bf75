"""The lives of the demo's marks: each led to its state by the steps of the table, in order, by more than one person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from data.demo import write_town
from geo.layer import Audience, Layer
from geo.life import BY_ITSELF, FIRST_STATES, life_of
from geo.people.grants import BANGKOK
from geo.store import marks
from geo.store.following import told_to_all
from geo.store.following_tables import Follow, PersonAddress
from geo.store.life_tables import LifeStep
from geo.store.people_tables import Person
from layers import LAYERS

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
SMALL = 0.06
LIVING = [layer for layer in LAYERS.values() if life_of(layer)]


def lives_in(session: Session, layer: Layer) -> dict[int, tuple[Any, list[LifeStep]]]:
    """Each mark that has a state, with its steps as its page reads them."""
    rows = session.scalars(select(layer.table).where(layer.table.__table__.c.status.is_not(None)))
    return {row.id: (row, list(marks.steps(session, layer, row.id))) for row in rows}


def told(session: Session) -> list[tuple[Any, ...]]:
    steps = session.scalars(select(LifeStep).order_by(LifeStep.layer, LifeStep.row_id, LifeStep.id))
    return [(one.layer, one.row_id, one.version, one.step, one.was, one.became, one.made_at, one.made_by, one.reason,
             one.detail, one.municipality, one.community_id) for one in steps]  # fmt: skip


def check_follows(layer: Layer, row: Any, steps: Sequence[LifeStep]) -> None:
    """From a first state to the row's own, each step out of the state that the one before it led to."""
    life = life_of(layer)
    assert life is not None
    first, *rest = steps
    assert (first.step, first.was, first.version) == ("mark" if first.became == "draft" else "report", None, 1)
    assert first.became in FIRST_STATES
    state = first.became
    for one in rest:
        step = life.step(one.step)
        assert step is not None
        assert (one.was, one.became) == (state, step.to)
        assert state in step.of
        assert bool(one.reason) is ("reason" in step.needs)
        assert bool((one.detail or {}).get("original")) is ("original" in step.needs)
        assert (one.made_by == BY_ITSELF) is step.by_itself
        assert one.version <= row.version
        state = step.to
    assert state == row.status


def check_persons(steps: Sequence[LifeStep], officers: set[str]) -> None:
    """Whoever verified it neither reported nor inspected it; and nobody of them is somebody who signs in."""
    made = {one.made_by for one in steps if one.step in ("mark", "report", "inspect", "reinspect")}
    verified = {one.made_by for one in steps if one.step == "verify"}
    assert not made & verified
    assert not (made | verified) & officers


def check_days(row: Any, steps: Sequence[LifeStep]) -> None:
    moments = [one.made_at for one in steps]
    assert moments == sorted(set(moments))
    assert moments[-1] <= NOW
    days = {one.step: one.made_at.astimezone(BANGKOK).date() for one in steps}
    visits = [days[name] for name in ("inspect", "reinspect") if name in days]
    assert row.inspected_on == (max(visits) if visits else None)
    if "expire" in days:
        assert days["expire"] > row.reinspect_on


def test_every_mark_was_led_to_its_state_by_the_steps_of_the_table(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=0.6, at=NOW)
    accounts = {f"demo_{audience}" for audience in Audience} | {"demo"}
    with Session(engine) as session:
        for layer in LIVING:
            found = lives_in(session, layer)
            assert found, layer.id
            for row, steps in found.values():
                assert steps, (layer.id, row.id)
                check_follows(layer, row, steps)
                check_persons(steps, accounts)
                check_days(row, steps)
                assert {(one.municipality, one.community_id) for one in steps} == {(row.municipality, row.community_id)}
        taken = {one[3] for one in told(session)}
        assert taken >= {"mark", "report", "inspect", "verify", "act", "reinspect", "close", "send_back"}


def test_what_repeats_another_mark_names_one_of_its_town_and_kind(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=0.6, at=NOW)
    with Session(engine) as session:
        found = lives_in(session, LAYERS["risk_point"])
        repeated = [(row, steps[-1]) for row, steps in found.values() if row.status == "duplicate"]
        assert repeated
        for row, step in repeated:
            original, _ = found[step.detail["original"]] if step.detail else (None, None)
            assert original is not None
            assert (original.municipality, original.kind) == (row.municipality, row.kind)
            assert original.status not in ("draft", "rejected", "duplicate")


def test_everybody_is_told_what_became_of_them_and_never_of_the_hidden_ones(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        for layer in LIVING:
            seen = {row.id for row, _ in lives_in(session, layer).values() if row.status in life_of(layer).public}  # type: ignore[union-attr]  # of LIVING alone
            entries = told_to_all(session, layer, most=10_000)
            assert {one.id for one in entries} == seen


def test_a_mark_that_was_inspected_is_for_another_person_to_verify(engine: Engine) -> None:
    """Nobody of the demo's accounts is taken for whoever marked or inspected it."""
    write_town(engine, LAYERS, scale=0.6, at=NOW)
    layer = LAYERS["risk_point"]
    with Session(engine) as session:
        inspected = [fid for fid, (row, _) in lives_in(session, layer).items() if row.status == "inspected"]
        assert inspected
        assert marks.authors(session, layer, inspected[0]) == {"demo"}


@pytest.mark.parametrize("at", [NOW, dt.datetime(2025, 3, 1, tzinfo=dt.UTC)], ids=["now", "an early clock"])
def test_no_step_lies_after_the_demo_was_made(engine: Engine, at: dt.datetime) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=at)
    with Session(engine) as session:
        for layer in LIVING:
            for _, steps in lives_in(session, layer).values():
                moments = [one.made_at for one in steps]
                assert moments == sorted(set(moments))
                assert moments[-1] <= at


def test_the_same_seed_gives_the_same_steps_and_a_second_demo_none(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        first = told(session)
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        assert told(session) == first
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM change WHERE operation = 'demo'"))
        connection.execute(text("DELETE FROM life_step"))
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        assert told(session) == first


def test_an_older_demo_whose_marks_had_no_lives_gets_them(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW - dt.timedelta(days=1))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM change WHERE operation = 'demo'"))
        connection.execute(text("DELETE FROM life_step"))
        # As an earlier generation drew them.
        unmarked = "status = NULL, inspected_on = NULL, reinspect_on = NULL, source_digest = NULL"
        connection.execute(text(f"UPDATE asset SET {unmarked}"))
        connection.execute(text("UPDATE risk_point SET seen_on = seen_on - 1, source_digest = NULL"))
    counts = write_town(engine, LAYERS, scale=SMALL, at=NOW)
    assert counts["risk_point"]
    with Session(engine) as session:
        for layer in LIVING:
            for row, steps in lives_in(session, layer).values():
                check_follows(layer, row, steps)
                assert {one.version for one in steps[1:]} <= {row.version}


def test_what_people_did_since_is_left_alone(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM change WHERE operation = 'demo'"))
        connection.execute(text("DELETE FROM life_step WHERE step <> 'verify'"))
    with Session(engine) as session:
        kept = [one for one in told(session) if one[3] == "verify"]
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        after = told(session)
    assert [one for one in after if (one[0], one[1]) in {(each[0], each[1]) for each in kept}] == kept


def test_nobody_who_follows_the_town_is_written_to_of_what_never_happened(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        person = Person(login="anan", name="อนันต์", made_at=NOW, made_by="x")
        session.add(person)
        session.flush()
        session.add(PersonAddress(person_id=person.id, address="anan@example.org", asked_at=NOW, confirmed_at=NOW))
        session.add(Follow(person_id=person.id, kind="municipality", area="9098", by_mail=True, made_at=NOW))
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM life_step WHERE municipality = '9098'"))
        assert connection.scalar(text("SELECT count(*) FROM mail")) == 0
