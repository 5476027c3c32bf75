"""What the row policies say, as SQL: where a row lies, and what whoever changes something may leave behind.

The sub-selects are there so that each function of the signed area is asked once a statement and not once a row.
"""

from __future__ import annotations

from collections.abc import Iterator

from geo.layer import Layer
from geo.store.history import quoted
from geo.store.roles import READERS, Role

# A community lies in itself, a shared area too.
_OWN_ID = {"community": (("id", "atlas_communities()"),), "shared_area": (("id", "atlas_shared()"),)}
_EVERYWHERE = "(SELECT atlas_everywhere())"
_IN_TOWNS = f"{_EVERYWHERE} OR municipality = ANY ((SELECT atlas_towns())::text[])"
_SOMEWHERE = "(SELECT atlas_audience()) IS NOT NULL"
# What an earlier transaction wrote into the books stays as it is, whoever may write there now.
_JUST_WRITTEN = "xmin = pg_current_xact_id()::xid"

# Tables of a town's own work on its files: whoever changes that town's rows sees and changes them, and nobody else.
OF_A_TOWN = ("edition", "edition_change", "link_question", "column_choice")

# More than INSERT alone needs functions that see past the policies themselves; a migration of their own makes them.
WRITING_FUNCTIONS = (
    """
CREATE FUNCTION atlas_homes() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT ARRAY(SELECT municipality || '/' || id FROM public.community WHERE id = ANY (public.atlas_communities()))
$$
""",
    """
CREATE FUNCTION atlas_shared_towns() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT ARRAY(
    SELECT DISTINCT code
    FROM public.shared_area, regexp_split_to_table(concat_ws(' ', municipality, municipalities), '[,; ]+') AS code
    WHERE id = ANY (public.atlas_shared()) AND code <> ''
  )
$$
""",
    # A row that went to another town has not ended, though its last version is out of sight.
    """
CREATE FUNCTION atlas_last_version(of_layer text, of_row bigint) RETURNS integer LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  last integer;
BEGIN
  EXECUTE format(
    'SELECT max(version) FROM (SELECT version FROM public.%I WHERE id = $1 '
    'UNION ALL SELECT version FROM public.%I WHERE id = $1) AS v', of_layer, of_layer || '_history'
  ) INTO last USING of_row;
  RETURN last;
END $$
""",
    """
CREATE FUNCTION atlas_has_edition(of_layer text, town text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM public.release WHERE layer = of_layer AND municipality = town)
$$
""",
    # Volatile: an edition and its squares are written by one statement, which only such a function sees into.
    """
CREATE FUNCTION atlas_just_released(edition bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.release WHERE id = edition AND xmin = pg_current_xact_id()::xid);
END $$
""",
)
WRITING_FUNCTION_DROPS = (
    "DROP FUNCTION atlas_just_released(bigint)",
    "DROP FUNCTION atlas_has_edition(text, text)",
    "DROP FUNCTION atlas_last_version(text, bigint)",
    "DROP FUNCTION atlas_shared_towns()",
    "DROP FUNCTION atlas_homes()",
)


def in_area(layer: Layer, table: str) -> str:
    """Whether a row lies in the area that was signed for this transaction, as SQL; `table` is how the row is named."""
    names = layer.table.__table__.columns.keys()
    tests = [f"{table}.municipality = ANY ((SELECT atlas_towns())::text[])"]
    for column, ids in (("community_id", "atlas_communities()"), *_OWN_ID.get(layer.id, ())):
        if column in names:
            tests.append(f"{table}.{column} = ANY ((SELECT {ids})::bigint[])")
    return " OR ".join((*tests, _on_shared_ground(table)))


def may_stay(layer: Layer, table: str) -> str:
    """Whether a row may be left behind as it is: in the area, and under no town but that of what it claims.

    Naming a community of one's own is not enough: with it comes that community's town. What lies in a shared area
    belongs to one of the towns that share it.
    """
    names = layer.table.__table__.columns.keys()
    tests = [f"{table}.municipality = ANY ((SELECT atlas_towns())::text[])"]
    community = "id" if layer.id == "community" else "community_id"
    if community in names:
        tests.append(f"({table}.municipality || '/' || {table}.{community}) = ANY ((SELECT atlas_homes())::text[])")
    ground = _on_shared_ground(table)
    if layer.id == "shared_area":
        ground = f"({table}.id = ANY ((SELECT atlas_shared())::bigint[]) OR {ground})"
    tests.append(f"({table}.municipality = ANY ((SELECT atlas_shared_towns())::text[]) AND {ground})")
    return " OR ".join(tests)


def _on_shared_ground(table: str) -> str:
    shared = "(SELECT atlas_shared_shape())"
    return f"({table}.geom && {shared} AND ST_Intersects({table}.geom, {shared}))"


def policy(table: str, role: Role, command: str, using: str, *, check: str | None = None) -> Iterator[str]:
    """The statement that lets a role see or write such rows; the rows that it leaves are tested with `check`."""
    named = str(role) if command in ("ALL", "SELECT") else f"{role}_{command.lower()}"
    tests = f" USING ({using})" if command != "INSERT" else ""
    if command in ("ALL", "INSERT", "UPDATE"):
        tests += f" WITH CHECK ({check or using})"
    yield f"CREATE POLICY {named} ON {table} FOR {command} TO {role}{tests}"


def for_the_writer(layer: Layer) -> Iterator[str]:
    """What whoever signs in as the writer may do, row by row; the grants are beside those of the readers."""
    for table in (quoted(layer.id), quoted(layer.history.name)):
        here, stays = in_area(layer, table), may_stay(layer, table)
        yield from policy(table, Role.WRITER, "ALL", f"{_EVERYWHERE} OR {here}", check=f"{_EVERYWHERE} OR {stays}")


def in_the_books() -> Iterator[str]:
    """What the writer may do beside the layers."""
    for table in ("change", "import_batch", "release"):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    # A change names no town: it is added by whoever came with an area, and closed with the transaction that made it.
    for table, mine in (("change", _SOMEWHERE), ("import_batch", _IN_TOWNS)):
        yield from policy(table, Role.WRITER, "SELECT", mine)
        yield from policy(table, Role.WRITER, "INSERT", mine)
        yield from policy(table, Role.WRITER, "UPDATE", _JUST_WRITTEN, check=mine)
    yield from policy("change", Role.WRITER, "DELETE", _JUST_WRITTEN)
    # A load makes the first edition of its town; what the public is told next is somebody's decision.
    first = f"({_IN_TOWNS}) AND NOT atlas_has_edition(layer, municipality)"
    yield from policy("release", Role.WRITER, "SELECT", _IN_TOWNS)
    yield from policy("release", Role.WRITER, "INSERT", first)
    yield from policy("release_cell", Role.WRITER, "ALL", "atlas_just_released(release_id)")
    for role in READERS:
        yield from policy("release", role, "SELECT", "true")
    for table in OF_A_TOWN:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield from policy(table, Role.WRITER, "ALL", _IN_TOWNS)
