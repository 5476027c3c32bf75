"""A town's parcels and buildings for the tax of all of them at once, and the simulations that it released.

The rows come by a binary COPY of whole numbers alone, which arrives as the array it becomes: 100,000 parcels in a
moment. What PostgreSQL works out here in exact numerics is what `geo/tax/lot.py` works out of one parcel, satang for
satang. Values leave this module as sums (`geo/tax/telling.py`) and in no other way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.codes import CodeList
from geo.errors import UnknownFeature
from geo.store.tax_tables import TaxScenario
from geo.tax.houses import GROUP_OF_BUILDING, OTHER
from geo.tax.lot import EXEMPT_AGENCIES, EXEMPT_DOCUMENTS, EXEMPT_OWNERS
from geo.tax.settings import Rounding
from geo.tax.town import TownRules
from geo.tax.town_base import HOUSE, PARCEL, USES, Assumed, TaxBase, base_of

_ROUND = {Rounding.HALF_UP: "round", Rounding.DOWN: "trunc", Rounding.UP: "ceil"}
# A number too large for any real parcel is told as such by `base_of`; it only must not break the query.
_MOST = 4_000_000_000_000_000_000
_OLDEST = 1_000
MOST_LISTED = 200

_PARCELS = """
SELECT id, coalesce(community_id, -1),
  least(coalesce({round}(CASE
    WHEN baht_per_wah IS NULL THEN round(appraised_baht, 2)
    WHEN paper > 0 THEN paper * round(baht_per_wah, 4)
    WHEN area_square_metres > 0 THEN nullif(round((area_square_metres / 4)::numeric, 4), 0) * round(baht_per_wah, 4)
  END * 100), -1), {most})::bigint,
  {areas},
  coalesce(array_position(%(uses)s::text[], land_use) - 1, -1), coalesce(vacant_since, -1),
  CASE WHEN owner_kind = 'person' THEN 1 WHEN owner_kind IN ('juristic', 'state', 'religious') THEN 2 ELSE 0 END,
  CASE main_home WHEN 'land_and_house' THEN 1 WHEN 'house_only' THEN 2 WHEN 'not_main' THEN 3 ELSE 0 END,
  (coalesce(owner_kind = ANY(%(owners)s), false) OR coalesce(land_owner_agency = ANY(%(agencies)s), false)
    OR coalesce(document_type = ANY(%(documents)s), false))::int
FROM (
  SELECT *, round(coalesce(rai, 0)::bigint * 400 + coalesce(ngan, 0) * 100 + coalesce(wah, 0), 4) AS paper FROM parcel
  WHERE municipality = %(town)s
) AS p
"""
# The cast rounds halves up, and every step that a numeric is spared counts in a million rows.
_AREA = "CASE WHEN {name}_wah > 40000000 THEN {most} WHEN {name}_wah > 0 THEN ({name}_wah * 100)::bigint ELSE 0 END"

# A building built after the year is not there yet. Of price, area, structure and year all must be known, or the value
# of the whole; otherwise the parcel cannot be reckoned.
_HOUSES = """
WITH priced(code, baht) AS (SELECT * FROM unnest(%(codes)s::text[], %(prices)s::numeric[])),
off(structure, age, percent) AS (
  SELECT * FROM unnest(%(structures)s::text[], %(ages)s::int[], %(percents)s::numeric[])
),
house AS (
  SELECT b.parcel_id, b.use, b.appraised_baht, o.percent,
    round(coalesce(b.baht_per_square_metre, p.baht), 4) AS price,
    coalesce(round(nullif(greatest(b.floor_area_square_metres, 0), 0), 4),
             nullif(round(nullif(greatest(b.area_square_metres, 0), 0)::numeric * nullif(b.storeys, 0), 4), 0)) AS area
  FROM building b JOIN parcel q ON q.id = b.parcel_id AND q.municipality = %(town)s
  LEFT JOIN priced p ON p.code = b.building_type
  LEFT JOIN off o ON o.structure = b.structure AND o.age = %(year)s - b.year_built
  WHERE b.year_built IS NULL OR b.year_built <= %(year)s
)
SELECT parcel_id, CASE WHEN use = 'residential' THEN 1 WHEN use = ANY(%(others)s) THEN 2 ELSE 0 END,
  least(coalesce({round}(
    coalesce(area * price * (100 - percent) * 0.01, round(appraised_baht, 2)) * 100), -1), {most})::bigint
FROM house
"""


@dataclass(frozen=True, kw_only=True)
class TownRows:
    """A town's rows as `geo/tax/town_base.py` wants them: of each year the buildings with what they are worth in it."""

    parcels: NDArray[Any]
    houses: dict[int, NDArray[Any]]

    def base(self, year: int, assumed: Assumed) -> TaxBase:
        """The tax base of one of the years."""
        return base_of(self.parcels, self.houses[year], year, assumed)


def town_rows(session: Session, municipality: str, years: Iterable[int], town: TownRules) -> TownRows:
    """The rows of a town for some Gregorian years, by its rules; the owner's session reads them."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, Connection)
    way = _ROUND[town.town.rounding]
    parcels = _copied(driver, _parcels(way), _of_parcels(municipality), PARCEL)
    query = _HOUSES.format(round=way, most=_MOST)
    houses = {year: _copied(driver, query, _of_houses(municipality, year, town), HOUSE) for year in sorted(set(years))}
    return TownRows(parcels=parcels[np.argsort(parcels["id"])], houses=houses)


def _parcels(way: str) -> str:
    areas = ", ".join(_AREA.format(name=name, most=_MOST) for name in ("farm", "home", "other", "vacant"))
    return _PARCELS.format(round=way, most=_MOST, areas=areas)


def _of_parcels(municipality: str) -> dict[str, Any]:
    return {
        "town": municipality, "uses": list(USES), "owners": list(EXEMPT_OWNERS), "agencies": list(EXEMPT_AGENCIES),
        "documents": list(EXEMPT_DOCUMENTS),
    }  # fmt: skip


def _of_houses(municipality: str, year: int, town: TownRules) -> dict[str, Any]:
    prices = {code: found.baht for code in CodeList.read("building_type").by_code
              if (found := town.prices.of(code, year)) is not None}  # fmt: skip
    ladder = [
        (one.code, age, town.rules.depreciation(one.code, age, year).at_age(age))
        for one in CodeList.read("structure").codes for age in range(_OLDEST + 1)
    ]  # fmt: skip
    structures, ages, percents = (list(column) for column in zip(*ladder, strict=True))
    return {
        "town": municipality, "year": year, "codes": list(prices), "prices": list(prices.values()),
        "structures": structures, "ages": ages, "percents": percents,
        "others": [use for use, group in GROUP_OF_BUILDING.items() if group == OTHER],
    }  # fmt: skip


_SIGNATURE = 11 + 4 + 4  # of the format's head: its name, flags, and the length of what may follow
_END = 2


def _copied(driver: Connection[Any], query: str, given: dict[str, Any], kind: np.dtype[Any]) -> NDArray[Any]:
    """The rows of a query of bigints without a NULL, as they come in a binary COPY: each as long as the next."""
    names = kind.names or ()
    wire = np.dtype([("fields", ">i2"), *((f"{part}{name}", way) for name in names
                                         for part, way in (("long_", ">i4"), ("", ">i8")))])  # fmt: skip
    copying = f"COPY ({_as_bigints(query, len(names))}) TO STDOUT (FORMAT binary)"
    with driver.cursor() as cursor, cursor.copy(copying, given) as copy:
        whole = b"".join(copy)
    rows = np.frombuffer(whole[_SIGNATURE : len(whole) - _END], wire)
    found = np.empty(len(rows), kind)
    for name in names:
        found[name] = rows[name]
    return found


def _as_bigints(query: str, count: int) -> str:
    columns = ", ".join(f"c{number}::bigint" for number in range(count))
    given = ", ".join(f"c{number}" for number in range(count))
    return f"SELECT {columns} FROM ({query}) AS held({given})"


# --- what was released -----------------------------------------------------------------------------------------------


def release_scenario(
    session: Session, municipality: str, *, title: str, asked: dict[str, str], told: dict[str, Any], by: str,
    at: dt.datetime,
) -> int:  # fmt: skip
    """Keep the told figures of a simulation for everybody to read; returns its number."""
    made = TaxScenario(municipality=municipality, made_at=at, made_by=by, title=title, asked=asked, told=told)
    session.add(made)
    session.flush()
    return made.id


def released_scenarios(session: Session, municipality: str) -> list[TaxScenario]:
    """What a town has released and not taken back, newest first."""
    query = select(TaxScenario).where(TaxScenario.municipality == municipality, TaxScenario.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(TaxScenario.id.desc()).limit(MOST_LISTED)))


def released_scenario(session: Session, municipality: str, number: int) -> TaxScenario:
    """One of them; UnknownFeature where there is none, or it was taken back."""
    found = session.get(TaxScenario, number) if 0 < number < 2**63 else None
    if found is None or found.municipality != municipality or found.withdrawn_at is not None:
        raise UnknownFeature(f"ไม่มีการจำลองหมายเลข {number}", f"There is no simulation {number}")
    return found


def withdraw_scenario(session: Session, found: TaxScenario, *, by: str, at: dt.datetime) -> None:
    """Take a released simulation back; it stays as a record."""
    found.withdrawn_at, found.withdrawn_by = at, by
    session.flush()
