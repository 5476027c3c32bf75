"""The log of readings: written before rows leave, added to by one function alone, and telling when it was touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from psycopg import errors
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from geo.errors import NotYours
from geo.layer import Audience
from geo.people.areas import Areas
from geo.store.area import enter, known_key, signed
from geo.store.audit import note, verified
from geo.store.db import writing_engine
from geo.store.read import EVERYTHING, Asking, features
from geo.store.roles import Role, signed_in_as
from layers import LAYERS
from tests.makers import make_rows
from tests.people.made import make_person
from tests.people.visiting import bearer, token_for


@pytest.fixture
def as_role(database_url: str) -> Iterator[Callable[[Role], Engine]]:
    """Engines signed in as a role; all are closed in the end."""
    made: list[Engine] = []

    def engine(role: Role) -> Engine:
        made.append(writing_engine(signed_in_as(database_url, role)))
        return made[-1]

    yield engine
    for one in made:
        one.dispose()


@pytest.fixture
def writer(as_role: Callable[[Role], Engine]) -> Engine:
    return as_role(Role.WRITER)


def read_by(engine: Engine, person: str, count: int = 1) -> None:
    for number in range(count):
        note(engine, person=person, audience="care", purpose="a visit", door="/x", layer="household", ids=[number, 7])


def verdict(engine: Engine) -> tuple[int, int | None]:
    with Session(engine) as session:
        found = verified(session)
        return found.readings, found.first_broken


def test_readings_make_a_chain_that_holds(engine: Engine, writer: Engine) -> None:
    assert verdict(engine) == (0, None)
    read_by(writer, "a case worker", 5)
    assert verdict(engine) == (5, None)


def test_readings_at_the_same_moment_make_one_chain(engine: Engine, writer: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(read_by, writer, f"person {n}", 10) for n in range(6)]:
            done.result()
    assert verdict(engine) == (60, None)


@pytest.mark.parametrize(
    ("touched", "shows_at"),
    [
        ("UPDATE read_log SET person = 'somebody else' WHERE id = 3", 3),
        ("UPDATE read_log SET records = '{1}' WHERE id = 2", 2),
        ("UPDATE read_log SET at = at + interval '1 second' WHERE id = 4", 4),
        ("DELETE FROM read_log WHERE id = 3", 3),
        ("DELETE FROM read_log WHERE id = 1", 1),
        ("DELETE FROM read_log WHERE id >= 4", 4),
        ("DELETE FROM read_log", 1),
        ("INSERT INTO read_log SELECT 6, at, person, audience, purpose, door, layer, records, chain FROM read_log "
         "WHERE id = 5", 6),
    ],
)  # fmt: skip
def test_a_log_that_was_touched_shows_where(touched: str, shows_at: int, engine: Engine, writer: Engine) -> None:
    read_by(writer, "a case worker", 5)
    with engine.begin() as connection:
        connection.execute(text(touched))
    assert verdict(engine)[1] == shows_at


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_log", "SELECT readings FROM read_log_head", "DELETE FROM read_log", "TRUNCATE read_log",
        "UPDATE read_log SET person = 'x'", "UPDATE read_log_head SET readings = 0",
        "INSERT INTO read_log (id, at, person, audience, purpose, door, layer, records, chain) "
        "VALUES (9, now(), '', '', '', '', '', '{}', '')",
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", [Role.WRITER, Role.CARE, Role.TAX, Role.MEMBER, Role.PUBLIC])
def test_no_role_of_the_service_touches_the_log(role: Role, statement: str, as_role: Callable[[Role], Engine]) -> None:
    with as_role(role).connect() as connection:
        with pytest.raises(ProgrammingError) as refused:
            connection.execute(text(statement))
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


@pytest.mark.parametrize("role", [Role.CARE, Role.TAX, Role.MEMBER, Role.PUBLIC])
def test_nobody_but_the_writer_notes_a_reading(role: Role, as_role: Callable[[Role], Engine]) -> None:
    with pytest.raises(ProgrammingError):
        read_by(as_role(role), "somebody")


@pytest.mark.parametrize(
    ("audience", "layer", "other"), [("care", "household", "parcel"), ("tax", "parcel", "household")]
)
def test_what_is_read_by_name_is_written_down_and_nothing_else(
    audience: str, layer: str, other: str, engine: Engine, client: TestClient
) -> None:
    with Session(engine) as session, session.begin():
        ids = make_rows(session, layer, count=3)
        make_rows(session, other, count=3)
    make_person(engine, "nok", f"{audience} municipality 9098", "staff municipality 9098")
    as_staff = bearer(token_for(client, "nok").json()["access_token"])
    by_name = bearer(token_for(client, "nok", scope=audience, purpose="home visits").json()["access_token"])
    client.get(f"/collections/{layer}/items", headers=as_staff)
    client.get(f"/collections/{other}/items", headers=by_name)
    client.get(f"/tiles/{layer}/16/51058/31488.mvt", headers=by_name)
    assert verdict(engine) == (0, None)
    client.get(f"/collections/{layer}/items", headers=by_name, params={"limit": "2"})
    client.get(f"/collections/{layer}/items/{ids[2]}", headers=by_name)
    assert client.get(f"/collections/{layer}/items/999999", headers=by_name).status_code == 404
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT person, audience, purpose, door, layer, records FROM read_log ORDER BY id")
        ).all()
    door = "/collections/{collection}/items"
    assert [tuple(row) for row in kept] == [
        ("nok", audience, "home visits", door, layer, ids[:2]),
        ("nok", audience, "home visits", door + "/{fid}", layer, [ids[2]]),
    ]
    assert verdict(engine) == (2, None)


def test_a_reading_that_cannot_be_written_down_does_not_happen(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=3)
    make_person(engine, "nok", "care municipality 9098")
    headers = bearer(token_for(client, "nok", scope="care", purpose="home visits").json()["access_token"])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM read_log_head"))
    answer = client.get("/collections/household/items", headers=headers)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_the_read_door_gives_nothing_by_name_without_a_witness(
    engine: Engine, as_role: Callable[[Role], Engine]
) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=3)
    areas = Areas(towns=frozenset({"9098"}))
    with Session(as_role(Role.CARE)) as session:
        enter(session, signed(known_key(engine), "care", areas))
        with pytest.raises(NotYours):
            features(session, LAYERS["household"], Asking(audience=Audience.CARE, areas=areas), EVERYTHING)
