"""Filters over the layers as the read door has them: as the public's role, behind row-level security, by the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.filter import Queryable, read_filter
from geo.layer import Audience
from geo.people.areas import Areas
from geo.store.area import enter, known_key, signed
from geo.store.db import read_only_engine, session_of, writing_engine
from geo.store.queryables import queryable_fields, queryables
from geo.store.read import Asking
from geo.store.roles import Role, signed_in_as
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, release_all

LON, LAT = HAT_YAI
STAFF = Asking(audience=Audience.STAFF, areas=Areas(towns=frozenset({"9098"})))


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A town with parcels enough for an index, and everything else."""
    found = new_database()
    engine = writing_engine(found)
    with Session(engine) as session, session.begin():
        make_rows(session, "parcel", count=300)
        make_rows(session, "risk_point", count=60, status=["verified", "reported"] * 30)
        make_rows(session, "risk_point", count=60, municipality="9099")
        for name in LAYERS:
            make_rows(session, name, count=8, step=0.00001)
        release_all(session)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def public(url: str) -> Iterator[Engine]:
    found = read_only_engine(signed_in_as(url, Role.PUBLIC))
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def member(url: str) -> Iterator[Session]:
    """A session of the staff of one town."""
    owner = writing_engine(url)
    engine = read_only_engine(signed_in_as(url, Role.MEMBER))
    with session_of(engine) as session:
        enter(session, signed(known_key(owner), Audience.STAFF, STAFF.areas))
        yield session
    engine.dispose()
    owner.dispose()


def test_the_public_filters_by_everything_it_sees(public: Engine) -> None:
    for layer in LAYERS.values():
        if layer.shape.cells:
            continue
        columns = layer.table.__table__.c
        with public.connect() as connection:
            for name in queryable_fields(layer, Asking()):
                condition = read_filter(f'"{name}" IS NOT NULL').condition(queryables(layer, Asking(), columns))
                assert connection.scalars(select(columns.id).where(condition).limit(1)).all() != [None], name


NEAR = f"S_INTERSECTS(geometry, BBOX({LON - 0.001}, {LAT - 0.001}, {LON + 0.001}, {LAT + 0.001}))"


@pytest.mark.parametrize("op", ["S_INTERSECTS", "S_WITHIN", "S_OVERLAPS", "S_TOUCHES", "S_EQUALS", "S_CONTAINS"])
def test_a_relation_of_shapes_goes_by_the_index(op: str, public: Engine) -> None:
    layer = LAYERS["parcel"]
    columns = layer.table.__table__.c
    condition = read_filter(NEAR.replace("S_INTERSECTS", op)).condition(queryables(layer, Asking(), columns))
    with public.connect() as connection:
        assert "parcel_geom_index" in plan(connection, select(columns.id).where(condition))


def test_the_index_serves_members_behind_row_level_security(member: Session) -> None:
    layer = LAYERS["risk_point"]
    columns = layer.table.__table__.c
    condition = read_filter(NEAR).condition(queryables(layer, STAFF, columns))
    query = select(columns.id).where(condition)
    assert "risk_point_geom_index" in plan(member.connection(), query)
    seen = member.scalars(query).all()
    everything = select(columns.id).where(read_filter("TRUE").condition({}))
    assert seen
    assert set(seen) <= set(member.scalars(everything))


def plan(connection: Connection, query: Select[Any]) -> str:
    """What PostgreSQL would do, were there more rows than a few."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    written = query.compile(connection.engine)
    found = connection.exec_driver_sql(f"EXPLAIN {written}", written.params).scalars().all()
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    return "\n".join(found)


def test_a_filter_opens_no_row_that_is_hidden(public: Engine) -> None:
    layer = LAYERS["risk_point"]
    columns = layer.table.__table__.c
    for filter in ("TRUE", "status = 'reported'", "NOT status = 'verified'", "name_th IS NULL OR name_th IS NOT NULL"):
        condition = read_filter(filter).condition(queryables(layer, Asking(), columns))
        with public.connect() as connection:
            found = connection.scalars(select(columns.status).where(condition)).all()
        assert set(found) <= {"verified"}


@pytest.mark.parametrize("name", LAYERS)
def test_a_hidden_column_is_refused_as_one_that_never_was(name: str) -> None:
    layer = LAYERS[name]
    known = queryables(layer, Asking(), layer.table.__table__.c) if not layer.shape.cells else _squares(layer.id)
    told = set()
    hidden = [one for one, words in layer.fields.items() if words.audience is not Audience.PUBLIC]
    for column in [*hidden, "source_digest", "change_id", "geom_mercator", "cell_id", "geom", "no_such_column"]:
        for form in ("{} IS NULL", "{} = 1", "CASEI({}) LIKE 'secret%'", "A_EQUALS({}, ())"):
            with pytest.raises(BadRequest) as refused:
                read_filter(form.format(column)).condition(known)
            told.add(refused.value.told.en.replace(column, "…"))
    assert told == {"Unknown parameter '…'"}


def _squares(name: str) -> dict[str, Queryable]:
    columns = LAYERS[name].table.__table__.c
    # Which columns they are does not matter where nothing is asked of the database.
    return {one: Queryable(column=columns.id, field=words)
            for one, words in queryable_fields(LAYERS[name], Asking()).items()}  # fmt: skip


def test_the_public_filters_squares_by_their_count_day_and_shape_alone() -> None:
    assert set(_squares("household")) == {"id", "count", "as_of", "geometry"}
    read_filter("count >= 5 AND as_of > DATE('2020-01-01') AND S_INTERSECTS(geometry, POINT(100 7))").condition(
        _squares("household")
    )
