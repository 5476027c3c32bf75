"""The second lock: what PostgreSQL itself lets each role select, worked out from the layers (DESIGN §2.5).

Everything here is statements, put on after every upgrade and whenever a layer's audiences change. `drift` puts them on
once more, sees whether anything became different, and takes it back: a grant or policy altered by hand shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, make_url, text
from sqlalchemy.dialects import postgresql

from geo.layer import Audience, Base, Cells, Layer, Published
from geo.store.history import NOT_KEPT, quoted
from geo.store.policies import OF_A_TOWN, for_the_writer, in_area, in_the_books, policy
from geo.store.roles import MEMBERS, READERS, Role, role_password

# Whoever changes tables, grants or policies holds it: "atla".
LOCK = 0x61746C61
_OF_A_RELEASE = "id, layer, municipality, made_at, method, at_least, metres, withdrawn_at"
# Behind row-level security PostgreSQL uses an index only for a test that cannot tell anything of a row it throws out.
# Comparing two rectangles cannot: it raises no error, whatever is in them. Only a superuser may say so.
LEAKPROOF = "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF"

# What stands beside the layers: which roles may do what with it. A table that is not named here is the owner's alone.
_BESIDE: dict[str, dict[str, tuple[Role, ...]]] = {
    "alembic_version": {"SELECT": tuple(READERS)},
    "tile_count": {"SELECT": tuple(READERS), "SELECT, INSERT, UPDATE, DELETE": (Role.WRITER,)},
    "change": {
        # What a change did is counted in it; whoever takes one back asks what it was.
        "SELECT (id, layer, batch_id, operation, counts), INSERT, UPDATE, DELETE": (Role.WRITER,),
        "SELECT (id, made_at, made_by, origin, operation, layer, reason)": MEMBERS,
    },
    "import_batch": {"SELECT, INSERT, UPDATE": (Role.WRITER,)},
    # Whoever loads a file names the text that people agreed to, and has its rows compared with what was erased.
    "consent_text": {"SELECT": (Role.WRITER,)},
    "erased_row": {"SELECT (id, layer, row_id, mark)": (Role.WRITER,)},
    "write_receipt": {"SELECT, INSERT": (Role.WRITER,)},
    "life_step": {"SELECT (id), INSERT": (Role.WRITER,)},
    **{table: {"SELECT, INSERT, UPDATE, DELETE": (Role.WRITER,)} for table in OF_A_TOWN},
    "citizen_report": {"SELECT, INSERT": (Role.WRITER,)},
    "citizen_try": {"SELECT, INSERT, UPDATE": (Role.WRITER,)},
    "release": {f"SELECT ({_OF_A_RELEASE})": tuple(READERS), "SELECT, INSERT": (Role.WRITER,)},
    "release_cell": {
        "SELECT (release_id, cell_id, count, geom, geom_mercator)": tuple(READERS),
        "SELECT, INSERT": (Role.WRITER,),
    },
}
_ROLES = (*READERS, Role.WRITER)
# The one way into the log of readings: nobody has a right to its table, not to add, and not to take away.
_NOTE = "FUNCTION atlas_note_read(text, text, text, text, text, bigint[])"
_MARK = "FUNCTION atlas_mark(text, text, text)"
_ERASED = "FUNCTION atlas_erased(text, text[], text[])"
_LAST_VERSION = "FUNCTION atlas_last_version(text, bigint)"
_SIGNED = "atlas_area()"


def put_locks(connection: Connection, layers: Mapping[str, Layer], closed: Collection[str] = ()) -> None:
    """Make the roles and put every grant and policy on; a database that is older than the locks is left alone.

    `closed` are the tables of layers that the town removed and may bring back: nobody's but the owner's until then.
    """
    if connection.scalar(text(f"SELECT to_regprocedure('{_SIGNED}')")) is None:
        return
    _make_roles(connection)
    for statement in statements(layers, closed):
        _run(connection, statement)
    sign(connection, layers, closed)


def put_locks_on(
    connection: Connection, layer: Layer, layers: Mapping[str, Layer], closed: Collection[str] = ()
) -> None:
    """The same for one layer that was made, changed or closed just now; nobody waits who has to do with another.

    `layers` and `closed` are all there are from now on: the locks as a whole are those of these.
    """
    tables = (layer.id, layer.history.name)
    for statement in (_no_policies(tables), *_of_the_owner(tables)):
        _run(connection, statement)
    for statement in of_layer(layer) if layer.id in layers else ():
        _run(connection, statement)
    sign(connection, layers, closed)


def sign(connection: Connection, layers: Mapping[str, Layer], closed: Collection[str]) -> None:
    """Say of the locks as they are that they are those of these layers."""
    _run(connection, f"COMMENT ON FUNCTION {_SIGNED} IS '{_fingerprint(connection, layers, closed)}'")


def locks_are_current(connection: Connection, layers: Mapping[str, Layer], closed: Collection[str] = ()) -> bool:
    """Whether the locks that were put on last are those of these layers, in this database and not in one it copies."""
    found = text(
        "SELECT obj_description(to_regprocedure(:name), 'pg_proc') = :mark "
        "AND NOT has_database_privilege('public', current_database(), 'TEMPORARY')"
    )
    return bool(connection.scalar(found, {"name": _SIGNED, "mark": _fingerprint(connection, layers, closed)}))


def drift(connection: Connection, layers: Mapping[str, Layer], closed: Collection[str] = ()) -> list[str]:
    """What differs from what the layers say, as the catalogue tells it; empty when nothing does. Changes nothing."""
    with connection.begin_nested() as trying:
        before = set(_catalogue(connection))
        for statement in statements(layers, closed):
            _run(connection, statement)
        after = set(_catalogue(connection))
        trying.rollback()
    return sorted([f"not declared: {one}" for one in before - after] + [f"missing: {one}" for one in after - before])


def statements(layers: Mapping[str, Layer], closed: Collection[str] = ()) -> Iterator[str]:
    """Every grant and policy; running them twice changes nothing."""
    everyone = ", ".join(("PUBLIC", *_ROLES))
    made = [name for layer in layers.values() if layer.is_made for name in (layer.id, layer.history.name)]
    tables = sorted({*Base.metadata.tables, *made, *closed})
    yield _no_policies(tables)
    yield from _of_the_owner(tables)
    yield "REVOKE ALL ON alembic_version FROM PUBLIC"
    yield "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$"
    yield f"DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {Role.WRITER}', current_database()); END $$"
    yield f"GRANT USAGE ON SCHEMA public TO {', '.join(_ROLES)}"
    for table, rights in _BESIDE.items():
        for right, roles in rights.items():
            yield f"GRANT {right} ON {table} TO {', '.join(roles)}"
    yield f"REVOKE ALL ON {_MARK} FROM {everyone}"
    for function in (_NOTE, _ERASED, _LAST_VERSION):
        yield f"REVOKE ALL ON {function} FROM {everyone}"
        yield f"GRANT EXECUTE ON {function} TO {Role.WRITER}"
    yield "ALTER TABLE release_cell ENABLE ROW LEVEL SECURITY"
    for role in READERS:
        # A square too small to be told is not to be known of either.
        yield from policy("release_cell", role, "SELECT", "count IS NOT NULL")
    yield from in_the_books()
    for role in MEMBERS:
        # Who did something is told to members who came with a signed area, never to a partner.
        yield from policy("change", role, "SELECT", _of_a_member(role))
    for layer in layers.values():
        yield from of_layer(layer)


def of_layer(layer: Layer) -> Iterator[str]:
    """The grants and policies of one layer and of its past."""
    for table in (quoted(layer.id), quoted(layer.history.name)):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield from for_the_writer(layer)
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quoted(layer.id)} TO {Role.WRITER}"
    # What was stays as it was: nobody who writes over HTTP takes a version back.
    yield f"GRANT SELECT, INSERT ON {quoted(layer.history.name)} TO {Role.WRITER}"
    for role, audience in READERS.items():
        columns = columns_of(layer, audience)
        if columns:
            yield f"GRANT SELECT ({', '.join(map(quoted, columns))}) ON {quoted(layer.id)} TO {role}"
        yield from policy(quoted(layer.id), role, "SELECT", _rows_of(layer, role) if columns else "false")
    for role in MEMBERS:
        # A closed version lies where it lay then; even of an open layer the past is for the area's members alone.
        table = quoted(layer.history.name)
        columns = history_columns_of(layer, READERS[role])
        yield f"GRANT SELECT ({', '.join(map(quoted, columns))}) ON {table} TO {role}"
        yield from policy(table, role, "SELECT", f"{_of_a_member(role)} AND ({in_area(layer, table)})")


def _of_the_owner(tables: Collection[str]) -> Iterator[str]:
    everyone = ", ".join(("PUBLIC", *_ROLES))
    for table in tables:
        yield f"REVOKE ALL ON {quoted(table)} FROM {everyone}"
        yield f"ALTER TABLE {quoted(table)} OWNER TO {Role.OWNER}"


def columns_of(layer: Layer, audience: Audience) -> tuple[str, ...]:
    """The columns a role that reads for this audience may select: none at all where it gets cells."""
    if audience is Audience.PUBLIC and isinstance(layer.shape.public, Cells):
        return ()
    shape: tuple[str, ...] = ("geom", "geom_mercator")
    if audience is Audience.PUBLIC and layer.shape.public is Published.WITHHELD:
        shape = ()
    # When a row became what it is, and by which change, is for those who may also see what it was before.
    dates = () if audience is Audience.PUBLIC else ("changed_at", "change_id")
    return ("id", "version", *dates, *layer.fields_for(audience), *shape)


def history_columns_of(layer: Layer, audience: Audience) -> tuple[str, ...]:
    """The columns of closed versions that a role may select: those it sees of the present, and how they ended."""
    return (*(name for name in columns_of(layer, audience) if name != "geom_mercator"), *NOT_KEPT)


def _rows_of(layer: Layer, role: Role) -> str:
    if layer.is_open:
        return "true"
    shown = _public_rows(layer)
    if role is Role.PUBLIC:
        return shown
    inside = f"({in_area(layer, quoted(layer.id))})"
    if role is not Role.MEMBER:
        return f"{_of_a_member(role)} AND {inside}"
    # A partner gets the public's rows and form, in more columns.
    if isinstance(layer.shape.public, Cells) or layer.shape.public is Published.WITHHELD:
        return f"{_of_a_member(role)} AND {inside}"
    return inside if shown == "true" else f"{inside} AND ({_of_a_member(role)} OR {shown})"


def _of_a_member(role: Role) -> str:
    """Whether this transaction's signed audience is one that reads as this role and is no partner."""
    if role is Role.MEMBER:
        return f"(SELECT atlas_audience()) <> '{Audience.PARTNER}'"
    return f"(SELECT atlas_audience()) = '{role.removeprefix('atlas_')}'"


def _public_rows(layer: Layer) -> str:
    if layer.public_rows is None:
        return "true"
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    condition = layer.public_rows(layer.table)
    return f"({condition.compile(dialect=dialect, compile_kwargs={'literal_binds': True})})"


def drop_locks(connection: Connection, layers: Mapping[str, Layer]) -> None:
    """Take every grant and policy off again (a downgrade); the roles stay, for they belong to the whole server."""
    _run(connection, _no_policies(sorted(Base.metadata.tables)))
    locked = [name for layer in layers.values() for name in (layer.id, layer.history.name)]
    for table in (*locked, "release_cell", "release", "change", "import_batch", *OF_A_TOWN):
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"public.{table}"}) is None:
            continue
        _run(connection, f"ALTER TABLE {quoted(table)} DISABLE ROW LEVEL SECURITY")
    for table in sorted(Base.metadata.tables):
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"public.{table}"}) is not None:
            _run(connection, f"REVOKE ALL ON {quoted(table)} FROM {', '.join(_ROLES)}")


def _make_roles(connection: Connection) -> None:
    """The roles, each where it is missing; with passwords where the owner has one."""
    for role in (*_ROLES, Role.OWNER):
        _run(
            connection,
            f"DO $$ BEGIN CREATE ROLE {role} LOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        )
    # Whoever migrates is the owner too, by membership, and what is made later is made over to it.
    _run(
        connection,
        f"DO $$ BEGIN IF NOT pg_has_role(current_user, '{Role.OWNER}', 'USAGE') THEN "
        f"EXECUTE format('GRANT {Role.OWNER} TO %I', current_user); END IF; END $$",
    )
    _run(connection, f"GRANT USAGE, CREATE ON SCHEMA public TO {Role.OWNER}")
    # A superuser may say so here and now; for anybody else `atlas doctor` tells what to ask for.
    _run(connection, f"DO $$ BEGIN IF current_setting('is_superuser') = 'on' THEN {LEAKPROOF}; END IF; END $$")
    owners = connection.engine.url.password
    if owners:
        server: Any = connection.connection.driver_connection
        for role in _ROLES:
            # Hashed here, so that no password is in a statement that a log could keep.
            hashed = server.pgconn.encrypt_password(
                role_password(owners, role).encode(), role.encode(), b"scram-sha-256"
            )
            _run(connection, f"ALTER ROLE {role} PASSWORD '{hashed.decode()}'")


def _fingerprint(connection: Connection, layers: Mapping[str, Layer], closed: Collection[str]) -> str:
    owners = make_url(str(connection.engine.url.render_as_string(hide_password=False))).password
    parts = [*statements(layers, closed), *([role_password(owners, Role.PUBLIC)] if owners else [])]
    return "locks " + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _run(connection: Connection, statement: str) -> None:
    # Sent as it stands: a percent sign is part of it and no place for a value.
    connection.exec_driver_sql(statement.replace("%", "%%"))


def _no_policies(tables: Collection[str]) -> str:
    """Every policy off our tables, those put there by hand too; what else lives in the schema is not ours to touch."""
    ours = ", ".join(f"'{table}'" for table in tables)
    return f"""
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' AND tablename IN ({ours}) LOOP
    EXECUTE format('DROP POLICY %I ON public.%I', one.policyname, one.tablename);
  END LOOP;
END $$
"""


_CATALOGUE = text("""
SELECT format('%s %s to %s', c.relname, a.privilege_type, coalesce(r.rolname, 'PUBLIC'))
FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a LEFT JOIN pg_roles AS r
  ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.grantee <> c.relowner
UNION ALL
SELECT format('%s.%s %s to %s', c.relname, t.attname, a.privilege_type, coalesce(r.rolname, 'PUBLIC'))
FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a LEFT JOIN pg_roles AS r
  ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.attisdropped
UNION ALL
SELECT format('%s policy %s for %s to %s: %s / %s', p.tablename, p.policyname, p.cmd, p.roles, p.qual, p.with_check)
FROM pg_policies AS p WHERE p.schemaname = 'public'
UNION ALL
SELECT format('%s rows are locked: %s, even from its owner: %s', c.relname, c.relrowsecurity, c.relforcerowsecurity)
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
""")


def _catalogue(connection: Connection) -> Iterator[str]:
    return (row[0] for row in connection.execute(_CATALOGUE))
