"""What searching needs in PostgreSQL: the form in which words are compared, and indexes for large layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# As `geo.thai.search_key`, but for prefixes (what is sought loses them, and is then found in the middle). Nothing but
# quick functions: behind row-level security no index is used for this, and it is worked out for each row.
SEARCH_KEY = """
CREATE FUNCTION atlas_search_key(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT translate(
    replace(replace(lower(said), 'เเ', 'แ'), U&'\\0E4D\\0E32', 'ำ'),
    U&'ฎ๐๑๒๓๔๕๖๗๘๙ \\00A0\\0009\\000A\\000D\\200B\\200C\\200D\\FEFF-.,''"()/', 'ฏ0123456789'
  )
$$
"""
SEARCH_KEY_DROP = "DROP FUNCTION atlas_search_key(text)"

# The layers that grow with the town's houses and lots; of the others a glance at every row is quicker than an index.
FIRST_SOUGHT = (("parcel", "parcel_code"), ("building", "building_code"), ("risk_point", "name_th"))
SOUGHT = (*FIRST_SOUGHT, ("building", "soi"))

Sought = Iterable[tuple[str, str]]

# A server whose owner may not have the extension finds the same, if more slowly.
TRIGRAMS = """
DO $do$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
  RAISE NOTICE 'no pg_trgm here: searching looks at every row';
END $do$
"""


# Before row-level security has passed a row, an index serves only tests that cannot tell anything of what is thrown
# out, and finding letters can. So for members the owner looks, in nothing but the area that was signed for them.
_SOUGHT_HERE = """
CREATE FUNCTION {name}(wanted text, most integer) RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id FROM public.{table} t
  WHERE public.atlas_search_key(t.{column}) LIKE
        '%' || replace(replace(replace(wanted, E'\\\\', E'\\\\\\\\'), '%', E'\\\\%'), '_', E'\\\\_') || '%'
    AND (t.municipality = ANY ((SELECT public.atlas_towns())::text[])
      OR t.community_id = ANY ((SELECT public.atlas_communities())::bigint[])
      OR (t.geom && (SELECT public.atlas_shared_shape())
          AND public.ST_Intersects(t.geom, (SELECT public.atlas_shared_shape()))))
  ORDER BY strpos(public.atlas_search_key(t.{column}), wanted) > 1, length(public.atlas_search_key(t.{column})),
           t.{column}, t.id
  LIMIT most
$$
"""


def sought_here(table: str, column: str) -> str:
    """The name of the function that looks in a member's area."""
    return f"atlas_sought_{table}_{column}"


def functions(sought: Sought) -> Iterator[str]:
    """One for each column that has an index."""
    for table, column in sought:
        yield _SOUGHT_HERE.format(name=sought_here(table, column), table=table, column=column)


def function_drops(sought: Sought) -> Iterator[str]:
    """The statements that take them away."""
    for table, column in sought:
        yield f"DROP FUNCTION {sought_here(table, column)}(text, integer)"


def indexes(sought: Sought) -> Iterator[str]:
    """An index for each column that is sought in a large layer, where the extension is there."""
    for table, column in sought:
        name = f"{table}_{column}_sought"
        made = f"CREATE INDEX {name} ON {table} USING gin (atlas_search_key({column}) gin_trgm_ops)"
        has = "EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')"
        yield f"DO $do$ BEGIN IF {has} THEN {made}; END IF; END $do$"


def index_drops(sought: Sought) -> Iterator[str]:
    """The statements that take them away."""
    for table, column in sought:
        yield f"DROP INDEX IF EXISTS {table}_{column}_sought"
