"""The second lock: PostgreSQL itself, asked by `psql` signed in as each role, gives nobody more than the layers say."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo.layer import Audience, Cells
from geo.people.areas import NOWHERE, Areas
from geo.shapes.grids import Tile
from geo.store.area import SECONDS
from geo.store.lines import Lines
from geo.store.locks import columns_of, drift, history_columns_of, locks_are_current
from geo.store.migrate import migrate
from geo.store.read import Asking
from geo.store.roles import READERS, Role, signed_in_as
from geo.store.tiles import TileFormat, tile_bytes
from layers import LAYERS
from tests.makers import HAT_YAI as POINT
from tests.makers import make_rows, point, rewrite
from tests.people.loops import in_a_loop_of_its_own
from tests.store.conftest import Psql

HAT_YAI, SONGKHLA = Areas(towns=frozenset({"9098"})), Areas(towns=frozenset({"9099"}))
DENIED = "permission denied"


def test_the_catalogue_is_what_the_layers_say(engine: Engine, database_url: str) -> None:
    with engine.connect() as connection:
        assert drift(connection, LAYERS) == []
        assert not locks_are_current(connection, LAYERS)  # a copy of a database has not all of its rights
    migrate(database_url, LAYERS)
    with engine.connect() as connection:
        assert locks_are_current(connection, LAYERS)


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        ("GRANT SELECT (owner_name) ON parcel TO atlas_public", "parcel.owner_name SELECT to atlas_public"),
        ("GRANT SELECT ON household TO PUBLIC", "household SELECT to PUBLIC"),
        ("REVOKE SELECT (name_th) ON community FROM atlas_member", "missing: community.name_th"),
        ("ALTER POLICY atlas_public ON risk_point USING (true)", "risk_point policy atlas_public"),
        ("ALTER TABLE household DISABLE ROW LEVEL SECURITY", "household rows are locked: t"),
        ("CREATE POLICY more ON household TO atlas_public USING (true)", "household policy more"),
        ("GRANT SELECT ON household_history TO atlas_member", "household_history SELECT to atlas_member"),
        ("GRANT SELECT (owner_name) ON parcel_history TO atlas_care", "parcel_history.owner_name SELECT to atlas_care"),
        ("ALTER POLICY atlas_tax ON parcel_history USING (true)", "parcel_history policy atlas_tax"),
        ("GRANT SELECT (made_by) ON change TO atlas_public", "change.made_by SELECT to atlas_public"),
        ("ALTER TABLE change DISABLE ROW LEVEL SECURITY", "change rows are locked: t"),
    ],
)
def test_a_lock_changed_by_hand_shows(by_hand: str, told: str, engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text(by_hand))
        found = drift(connection, LAYERS)
        assert any(told in one for one in found), found


def test_locks_of_other_layers_are_put_right_at_the_next_start(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("COMMENT ON FUNCTION atlas_area() IS 'locks of yesterday'"))
        connection.execute(text("GRANT SELECT (owner_name) ON parcel TO atlas_public"))
    migrate(database_url, LAYERS)
    with engine.connect() as connection:
        assert drift(connection, LAYERS) == []


def test_somebody_elses_table_in_the_same_schema_keeps_its_policies(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id integer)"))
        connection.execute(text("CREATE POLICY theirs ON somebody_elses USING (id > 0)"))
        connection.execute(text("COMMENT ON FUNCTION atlas_area() IS 'locks of yesterday'"))
    migrate(database_url, LAYERS)
    with engine.connect() as connection:
        held = connection.scalars(text("SELECT policyname FROM pg_policies WHERE tablename = 'somebody_elses'")).all()
    assert held == ["theirs"]


NOT_FOR_THE_PUBLIC = [
    "SELECT count(*) FROM household",
    "SELECT owner_name FROM parcel",
    "SELECT 1 FROM parcel WHERE owner_name LIKE 'secret%'",
    "SELECT id FROM parcel ORDER BY appraised_baht",
    "SELECT p FROM parcel AS p LIMIT 1",
    "SELECT count(*) FROM parcel_history",
    "SELECT id FROM asset_history",
    "SELECT changed_at FROM asset",
    "SELECT change_id FROM parcel",
    "SELECT made_by FROM change",
    "SELECT id FROM change",
    "SELECT reason FROM change",
    "SELECT report FROM import_batch",
    "SELECT token_sha256 FROM access_token",
    "SELECT inside FROM area_key",
    "SELECT made_by FROM release",
    "SELECT basis FROM release_cell",
    "COPY household TO STDOUT",
    "COPY parcel (owner_name) TO STDOUT",
    "COPY (SELECT head_name FROM household) TO STDOUT",
    "COPY parcel (id) TO PROGRAM 'cat'",
    "EXPLAIN SELECT id FROM household WHERE disabled > 0",
    "EXPLAIN SELECT id FROM parcel WHERE owner_name = 'secret-parcel-owner_name'",
    "UPDATE parcel SET parcel_code = 'x'",
    "INSERT INTO release_cell (release_id, cell_id) VALUES (1, 1)",
    "DELETE FROM asset",
    "TRUNCATE asset",
    "LOCK TABLE asset IN EXCLUSIVE MODE",
    "SELECT nextval('parcel_id_seq')",
    "SELECT last_value FROM parcel_id_seq",
    "CREATE TABLE mine (id integer)",
    "CREATE TEMPORARY TABLE mine (id integer)",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
    "SET ROLE atlas_owner",
    "SET ROLE atlas_care",
    "SET SESSION AUTHORIZATION atlas",
    "ALTER TABLE household DISABLE ROW LEVEL SECURITY",
    "ALTER ROLE atlas_public SUPERUSER",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
]


@pytest.mark.parametrize("statement", NOT_FOR_THE_PUBLIC)
def test_the_public_role_is_refused(statement: str, psql: Psql, database_url: str) -> None:
    migrate(database_url, LAYERS)  # rights on a database do not come with a copy of it
    done = psql(Role.PUBLIC, statement)
    assert done.returncode != 0, done.stdout
    assert "permission denied" in done.stderr or "must be" in done.stderr, done.stderr
    assert "secret" not in done.stdout


def test_the_public_role_reads_what_the_public_gets(psql: Psql, full: dict[str, list[int]]) -> None:
    assert psql(Role.PUBLIC, "SELECT count(*) FROM parcel").stdout == "11\n"
    assert psql(Role.PUBLIC, "SELECT name_th FROM risk_point WHERE status = 'reported'").stdout == ""
    assert psql(Role.PUBLIC, "SELECT sum(count) FROM release_cell").stdout == "8\n"


def test_statistics_tell_nothing_of_a_hidden_column(psql: Psql, full: dict[str, list[int]]) -> None:
    for role in READERS:
        asked = "SELECT most_common_vals FROM pg_stats WHERE tablename IN ('household', 'parcel_history', 'area_key')"
        assert psql(role, asked).stdout == ""
    names = psql(Role.PUBLIC, "SELECT attname FROM pg_stats WHERE tablename = 'parcel'").stdout.split()
    hidden = {name for name, words in LAYERS["parcel"].fields.items() if words.audience is not Audience.PUBLIC}
    assert not hidden & set(names)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.CARE, Role.TAX, Role.WRITER])
def test_without_an_area_there_are_no_rows_but_those_of_open_layers(
    role: Role, psql: Psql, full: dict[str, list[int]]
) -> None:
    for name, layer in LAYERS.items():
        found = psql(role, f"SELECT count(*) FROM {name}").stdout
        assert found == ("11\n" if layer.is_open and role is not Role.WRITER else "0\n"), name


@pytest.mark.parametrize("role", [Role.MEMBER, Role.CARE, Role.TAX])
def test_an_area_opens_its_own_rows_for_one_transaction(
    role: Role, psql: Psql, area: Callable[..., str], full: dict[str, list[int]]
) -> None:
    audience = {Role.MEMBER: "staff"}.get(role, role.removeprefix("atlas_"))
    asked = "SELECT DISTINCT municipality, count(*) FROM household GROUP BY 1"
    assert psql(role, asked, area=area(audience, HAT_YAI)).stdout == "9098|8\n"
    assert psql(role, asked, area=area(audience, SONGKHLA)).stdout == "9099|3\n"
    after = psql(role, "SELECT 1", "COMMIT", "BEGIN", asked, area=area(audience, HAT_YAI))
    assert after.stdout == "1\n"


def test_communities_and_shared_areas_are_areas_too(engine: Engine, psql: Psql, area: Callable[..., str]) -> None:
    with Session(engine) as session, session.begin():
        inside, outside = make_rows(session, "community", count=2, step=0.05)
        (canal,) = make_rows(session, "shared_area")
        make_rows(session, "asset", count=2, name_th=["ใน", "นอก"], community_id=[inside, outside],
                  geom=[point(100.4730, 7.0161), point(100.60, 7.2)])  # fmt: skip
    names = "SELECT name_th FROM asset"
    for areas in (Areas(communities=frozenset({inside})), Areas(shared=frozenset({canal}))):
        assert psql(Role.MEMBER, names, area=area("community", areas)).stdout == "ใน\n"
    mine = psql(Role.MEMBER, "SELECT id FROM community", area=area("community", Areas(communities=frozenset({inside}))))
    assert mine.stdout == f"{inside}\n"


@pytest.mark.parametrize("forged", ["nothing", "json", "by another key", "changed", "old"])
def test_an_area_that_nobody_signed_is_nowhere(
    forged: str, psql: Psql, area: Callable[..., str], full: dict[str, list[int]]
) -> None:
    good = area("staff", HAT_YAI)
    value = {
        "nothing": "0" * 64,
        "json": json.dumps({"audience": "staff", "everywhere": True}),
        "by another key": "f" * 64 + good[64:],
        "changed": good.replace("9098", "9099"),
        "old": area("staff", HAT_YAI, now=lambda: 1_700_000_000.0 - SECONDS),
    }[forged]
    assert psql(Role.MEMBER, "SELECT count(*) FROM household", area=value).stdout == "0\n"


def test_a_partner_gets_no_household_and_no_unverified_risk(
    engine: Engine, psql: Psql, area: Callable[..., str], full: dict[str, list[int]]
) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "risk_point", status="reported")
    partner = area("partner", HAT_YAI)
    assert psql(Role.MEMBER, "SELECT count(*) FROM household", area=partner).stdout == "0\n"
    assert psql(Role.MEMBER, "SELECT count(*) FROM risk_point", area=partner).stdout == "8\n"
    assert psql(Role.MEMBER, "SELECT count(*) FROM risk_point", area=area("staff", HAT_YAI)).stdout == "9\n"


def test_no_role_reads_a_column_that_its_audience_does_not_see(psql: Psql, area: Callable[..., str]) -> None:
    tried = 0
    for role, audience in READERS.items():
        value = area(audience, HAT_YAI)
        for layer in LAYERS.values():
            cells = role is Role.PUBLIC and isinstance(layer.shape.public, Cells)
            for name, words in layer.fields.items():
                if cells or words.audience not in audience.sees:
                    done = psql(role, f"SELECT {name} FROM {layer.id}", area=value)
                    assert DENIED in done.stderr, (role, layer.id, name)
                    tried += 1
            if columns := columns_of(layer, audience):
                assert psql(role, f"SELECT {', '.join(columns)} FROM {layer.id}", area=value).returncode == 0
    assert tried > 30


@pytest.fixture
def past(engine: Engine) -> None:
    """A row of everything that was in Hat Yai and one that was in Songkhla, each with a closed version."""
    with Session(engine) as session, session.begin():
        for name in LAYERS:
            for town in ("9098", "9099"):
                ids = make_rows(session, name, municipality=town)
                moved = {"municipality": "9099" if town == "9098" else "9098"}
                rewrite(session, name, ids, dt.datetime(2026, 6, 1, tzinfo=dt.UTC), **moved)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.CARE, Role.TAX])
def test_a_closed_version_is_read_where_it_lay_and_by_columns_that_the_role_sees(
    role: Role, psql: Psql, area: Callable[..., str], past: None
) -> None:
    audience = READERS[role]
    for layer in LAYERS.values():
        asked = f"SELECT municipality, count(*) FROM {layer.history.name} GROUP BY 1"
        for areas, found in ((HAT_YAI, "9098|1\n"), (SONGKHLA, "9099|1\n"), (NOWHERE, "")):
            assert psql(role, asked, area=area(audience, areas)).stdout == found, layer.id
        assert psql(role, asked).stdout == ""
        columns = ", ".join(history_columns_of(layer, audience))
        assert psql(role, f"SELECT {columns} FROM {layer.history.name}", area=area(audience, HAT_YAI)).returncode == 0
        hidden = [name for name, words in layer.fields.items() if words.audience not in audience.sees]
        for name in (*hidden, "source_digest", "*"):
            done = psql(role, f"SELECT {name} FROM {layer.history.name}", area=area(audience, HAT_YAI))
            assert DENIED in done.stderr, (layer.id, name)


def test_a_partner_reads_no_history_and_nothing_of_who_did_it(psql: Psql, area: Callable[..., str], past: None) -> None:
    for name in (*(layer.history.name for layer in LAYERS.values()), "change"):
        assert psql(Role.MEMBER, f"SELECT count(id) FROM {name}", area=area("partner", HAT_YAI)).stdout == "0\n"
        assert psql(Role.MEMBER, f"SELECT count(id) FROM {name}").stdout == "0\n"
    assert psql(Role.MEMBER, "SELECT DISTINCT made_by FROM change ORDER BY 1", area=area("staff", HAT_YAI)).stdout == (
        "a test\na tester\n"
    )
    assert DENIED in psql(Role.MEMBER, "SELECT counts FROM change", area=area("staff", HAT_YAI)).stderr
    assert DENIED in psql(Role.MEMBER, "DELETE FROM change", area=area("staff", HAT_YAI)).stderr


def test_the_owner_is_a_role_of_its_own_and_has_everything(psql: Psql, engine: Engine) -> None:
    with engine.connect() as connection:
        owners = connection.scalars(
            text("SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
                 "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname = ANY (:names)"),
            {"names": [*LAYERS, *(layer.history.name for layer in LAYERS.values()), "change", "area_key"]},
        ).all()  # fmt: skip
    assert owners == [str(Role.OWNER)]
    assert psql(Role.OWNER, "SELECT count(*) FROM household").stdout == "0\n"


def test_the_setting_of_another_transaction_cannot_be_read(database_url: str, area: Callable[..., str]) -> None:
    url = make_url(signed_in_as(database_url, Role.MEMBER)).set(drivername="postgresql")
    address = url.render_as_string(hide_password=False)
    with psycopg.connect(address) as one, psycopg.connect(address) as other:
        one.execute("SELECT set_config('atlas.area', %s, true)", (area("staff", HAT_YAI),))
        assert other.execute("SELECT current_setting('atlas.area', true), atlas_towns()").fetchone() == (None, [])
        said = other.execute("SELECT string_agg(query, ' ') FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert "9098" not in str(said.fetchone())
        assert one.execute("SELECT atlas_towns()").fetchone() == (["9098"],)
        one.rollback()
        assert one.execute("SELECT atlas_towns()").fetchone() == ([],)


def test_a_pooled_connection_keeps_nothing_of_whose_tile_it_made(
    database_url: str, area: Callable[..., str], full: dict[str, list[int]]
) -> None:
    asking = Asking(audience=Audience.STAFF, areas=Areas(towns=frozenset({"9098", "9099"})))
    tile = Tile(16, int((POINT[0] + 180) / 360 * 2**16), 31487)

    async def asked() -> list[int]:
        lines = Lines(signed_in_as(database_url, Role.MEMBER), size=1)
        areas = (area("staff", HAT_YAI), None, area("staff", SONGKHLA), None)
        found = [await _households(lines, asking=asking, tile=tile, area=one) for one in areas]
        await lines.close()
        return found

    assert in_a_loop_of_its_own(asked) == [8, 0, 3, 0]


async def _households(lines: Lines, *, asking: Asking, tile: Tile, area: str | None) -> int:
    made = await tile_bytes(lines, [LAYERS["household"]], asking, tile, TileFormat.GEOJSON, area=area)
    return len(json.loads(made)["features"])


def test_the_index_is_used_behind_the_lock(database_url: str, engine: Engine, area: Callable[..., str]) -> None:
    with Session(engine) as session, session.begin():
        for row in range(4):
            make_rows(session, "parcel", count=500, geom=[point_square(n, row) for n in range(500)])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE parcel"))
    member = create_engine(signed_in_as(database_url, Role.MEMBER), poolclass=NullPool)
    box = "geom && ST_MakeEnvelope(100.47, 7.01, 100.471, 7.011, 4326)"
    with member.begin() as connection:
        connection.execute(text("SELECT set_config('atlas.area', :value, true)"), {"value": area("staff", HAT_YAI)})
        plan = "\n".join(connection.scalars(text(f"EXPLAIN SELECT id FROM parcel WHERE {box}")))
        held = connection.scalar(text(f"SELECT count(*) FROM parcel WHERE {box}"))
    assert "parcel_geom_index" in plan, plan
    assert isinstance(held, int)
    assert held > 0


def point_square(column: int, row: int) -> str:
    west, south = 100.47 + column * 0.0004, 7.01 + row * 0.0004
    return (f"SRID=4326;POLYGON(({west} {south}, {west + 0.0003} {south}, {west + 0.0003} {south + 0.0003}, "
            f"{west} {south}))")  # fmt: skip


def test_whoever_listens_for_edits_does_not_learn_where_a_household_is(database_url: str, engine: Engine) -> None:
    url = make_url(signed_in_as(database_url, Role.PUBLIC)).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as listener:
        listener.execute("LISTEN atlas_edit")
        with Session(engine) as session, session.begin():
            make_rows(session, "household", geom=point(100.47291, 7.01603))
        heard = [json.loads(one.payload) for one in listener.notifies(timeout=5, stop_after=1)]
    assert [one["layer"] for one in heard] == ["household"]
    assert heard[0]["box"] == pytest.approx([100.45, 7.0, 100.5, 7.05])


def test_nowhere_is_no_area() -> None:
    assert not NOWHERE
    assert HAT_YAI
