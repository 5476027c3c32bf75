"""The SQL functions of erasing: a place that stands for a square, and marks by which a file's rows are known again."""

# The middle of the square that a place lies in; at the edge of a UTM zone, a place in the part of it on this side.
CELL_CENTRE = """
CREATE FUNCTION atlas_cell_centre(geom geometry, metres integer) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  square geometry := atlas_cell_shape(atlas_cell(geom, metres), metres);
  middle geometry := ST_Centroid(square);
  west double precision := floor((ST_X(geom) + 180) / 6) * 6 - 180;
BEGIN
  IF atlas_cell(middle, metres) <> atlas_cell(geom, metres) THEN
    middle := ST_PointOnSurface(ST_Intersection(square, ST_MakeEnvelope(west, -90, west + 5.999999, 90, 4326)));
  END IF;
  RETURN middle;
END $$
"""

# RFC 2104 again, over words that no signed area begins with.
MARK = """
CREATE FUNCTION atlas_mark(of_layer text, town text, key text) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT sha256(k.outside || sha256(k.inside || convert_to(
    concat_ws(E'\\x1f', 'erased', of_layer, coalesce(town, ''), key), 'UTF8')))
  FROM public.area_key AS k
$$
"""

# Which of these keys belong to rows that were erased: as many answers as keys, in their order.
ERASED = """
CREATE FUNCTION atlas_erased(of_layer text, towns text[], keys text[]) RETURNS boolean[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT array_agg(EXISTS (
    SELECT 1 FROM public.erased_row AS e
    WHERE e.layer = of_layer AND e.mark = public.atlas_mark(of_layer, k.town, k.key)
  ) ORDER BY k.place)
  FROM unnest(towns, keys) WITH ORDINALITY AS k (town, key, place)
$$
"""

KEPT = """
CREATE FUNCTION atlas_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is kept as it was written', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
KEPT_TABLES = ("consent_text", "register_note")
ERASING_FUNCTIONS = (CELL_CENTRE, MARK, ERASED, KEPT)
ERASING_DROPS = (
    "DROP FUNCTION atlas_kept()",
    "DROP FUNCTION atlas_erased(text, text[], text[])",
    "DROP FUNCTION atlas_mark(text, text, text)",
    "DROP FUNCTION atlas_cell_centre(geometry, integer)",
)
