"""A table with a column of every kind, and rows for it: what filters are tried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    insert,
    select,
)

from geo.errors import Text as Label
from geo.filter import Filter, Queryable, read_filter
from geo.layer import Audience, Field

Row = dict[str, Any]

KINDS: dict[str, Any] = {
    "name": Text(), "other": Text(), "count": Integer(), "amount": Numeric(), "size": Double(), "large": BigInteger(),
    "good": Boolean(), "from_on": Date(), "until_on": Date(), "from_at": DateTime(timezone=True),
    "until_at": DateTime(timezone=True), "codes": Text(), "tags": ARRAY(Text()), "readings": ARRAY(Double()),
}  # fmt: skip
_PYTHON = {
    Text: str, Integer: int, Numeric: Decimal, Double: float, BigInteger: int, Boolean: bool, Date: dt.date,
    DateTime: dt.datetime, ARRAY: list,
}  # fmt: skip
THING = Table(
    "thing", MetaData(), Column("id", BigInteger(), primary_key=True),
    *(Column(name, kind) for name, kind in KINDS.items()), Column("shape", Text()),
)  # fmt: skip


def _queryables() -> dict[str, Queryable]:
    found = {
        name: Queryable(
            column=THING.c[name],
            field=Field(
                name=name,
                label=Label(name, name),
                audience=Audience.PUBLIC,
                many=name == "codes",
                python_type=_PYTHON[type(kind)],
                item_type=float if name == "readings" else None,
            ),
        )
        for name, kind in KINDS.items()
    }
    return found | {"geometry": Queryable(column=func.ST_GeomFromText(THING.c.shape, 4326), field=None)}


QUERYABLES = _queryables()


@dataclass(frozen=True)
class Things:
    """The table in a database, with what is in it."""

    engine: Engine
    rows: Sequence[Row]

    def meeting(self, filter: Filter | str, **how: Any) -> set[int]:
        """The ids of the rows for which a filter is true."""
        read = read_filter(filter, **how) if isinstance(filter, str) else filter
        with self.engine.connect() as connection:
            return set(connection.scalars(select(THING.c.id).where(read.condition(QUERYABLES))))

    def truth(self, filter: Filter | str) -> dict[int, bool | None]:
        """What a filter is for each row: true, false or unknown."""
        read = read_filter(filter) if isinstance(filter, str) else filter
        with self.engine.connect() as connection:
            found = connection.execute(select(THING.c.id, read.condition(QUERYABLES).label("is_so")))
            return {one.id: one.is_so for one in found}

    def is_so(self, filter: str) -> bool | None:
        """What a filter without properties is."""
        with self.engine.connect() as connection:
            condition = read_filter(filter).condition({})
            return connection.scalar(select(condition.label("is_so")))


def made(engine: Engine, rows: Sequence[Row]) -> Things:
    """The table with these rows in it; their ids count from 1."""
    numbered = [{"id": place, **dict.fromkeys((*KINDS, "shape")), **row} for place, row in enumerate(rows, 1)]
    with engine.begin() as connection:
        THING.drop(connection, checkfirst=True)
        THING.create(connection)
        if numbered:
            connection.execute(insert(THING), numbered)
    return Things(engine, numbered)
