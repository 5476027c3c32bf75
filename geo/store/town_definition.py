"""A layer made without code: what the town said of it, and the same `Layer` as a file in `layers/` declares.

A definition is data (`as_json`, kept in `town_layer`); `layer_of` builds the table at run time, on a MetaData of its
own, so that two databases in one process, or one layer before and after a change, do not meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, cast

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Double, false
from sqlalchemy import Text as TextType
from sqlalchemy.orm import mapped_column, registry
from sqlalchemy.schema import MetaData
from sqlalchemy.types import TypeEngine

from geo.errors import BadLayer, BadRequest, Text
from geo.layer import (
    MUNICIPALITY,
    Audience,
    Base,
    Cells,
    Field,
    Generalise,
    Kept,
    Layer,
    LayerTable,
    Link,
    Nature,
    Processing,
    Published,
    Stack,
    Style,
    history_of,
    shape,
)
from geo.personal import basis_in, sensitive_basis_in
from geo.store.town_names import is_column_name

SCHEMA = 1
MOST_COLUMNS = 500
MOST_IN_A_POPUP = 10
COMMUNITY = "community"
COMMUNITY_CODES = ("community_code", "รหัสชุมชน")


class ColumnType(StrEnum):
    """What a column of a town layer may hold."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TEXTS = "text[]"
    INTEGERS = "integer[]"
    NUMBERS = "number[]"

    @property
    def sql(self) -> TypeEngine[Any]:
        """How PostgreSQL keeps it."""
        return _SQL[self]


_SQL: dict[ColumnType, TypeEngine[Any]] = {
    ColumnType.TEXT: TextType(), ColumnType.INTEGER: BigInteger(), ColumnType.NUMBER: Double(),
    ColumnType.BOOLEAN: Boolean(), ColumnType.DATE: Date(), ColumnType.TIMESTAMP: DateTime(timezone=True),
    ColumnType.TEXTS: ARRAY(TextType()), ColumnType.INTEGERS: ARRAY(BigInteger()), ColumnType.NUMBERS: ARRAY(Double()),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TownColumn:
    """One column: `source` is its name in the file, which finds it again at the next load."""

    name: str
    source: str
    type: ColumnType
    label: Text
    audience: Audience = Audience.STAFF
    nature: Nature | None = None


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Everything that was said of a town layer. `town` is whose it is; None is the whole server's.

    `towns_from` is the file's column of municipality codes, where it has one; `linked` rows know the community they lie
    in; of a `large` layer far zooms draw counts, or nothing.
    """

    id: str
    title: Text
    about: Text
    source: Text
    licence: str
    kinds: tuple[str, ...]
    columns: tuple[TownColumn, ...]
    public: Published | Cells = Published.WITHHELD
    town: str | None = None
    key: tuple[str, ...] = ()
    instant: str | None = None
    editors: Audience = Audience.STAFF
    color: str = "#00695c"
    symbol: Literal["circle", "triangle", "square", "drop"] = "circle"
    label: str | None = None
    large: bool = False
    linked: bool = True
    towns_from: str | None = None
    processing: Processing | None = None
    maps: tuple[str, ...] = field(default=("town", "community"))

    def __post_init__(self) -> None:
        if len(self.columns) > MOST_COLUMNS:
            raise BadRequest(
                f"มี {len(self.columns)} คอลัมน์ ชั้นข้อมูลรับไม่เกิน {MOST_COLUMNS}",
                f"{len(self.columns)} columns: a layer takes {MOST_COLUMNS} at most",
            )
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.color):
            raise BadRequest(f"สี {self.color!r} ต้องเป็นเช่น #00695c", f"the colour {self.color!r} is not like #00695c")
        if self.symbol not in ("circle", "triangle", "square", "drop"):
            raise BadRequest("สัญลักษณ์: circle triangle square drop", "the symbol is circle, triangle, square or drop")
        for one in self.columns:
            if not is_column_name(one.name):
                raise BadRequest(f"ชื่อคอลัมน์ {one.name!r} ใช้ไม่ได้", f"{one.name!r} cannot be a column's name")
        self._check_audiences()
        self._check_personal()

    def _check_audiences(self) -> None:
        if self.editors in (Audience.PUBLIC, Audience.PARTNER, Audience.STEWARD):
            raise BadRequest(
                "editors ต้องเป็น community, staff, care หรือ tax", "the editors are community, staff, care or tax"
            )
        by_partner = any(one.audience is Audience.PARTNER for one in self.columns)
        if by_partner and not self.tells_the_public:
            raise BadRequest(
                "partner ได้แถวเดียวกับสาธารณะในคอลัมน์ที่มากกว่า จึงต้องเผยแพร่รูปหรือคอลัมน์อย่างน้อยหนึ่งก่อน",
                "a partner gets the public's rows in more columns: publish the shape or a column first",
            )
        if Audience.STEWARD in {one.audience for one in self.columns}:
            raise BadRequest("steward ไม่ใช่ผู้เห็นข้อมูลในแถว", "no column is a steward's: they govern people and releases")
        if isinstance(self.public, Cells) and (self.kinds != ("POINT",) or self.tells_columns):
            raise BadRequest(
                "ช่องจำนวนใช้กับจุดเดี่ยวเท่านั้น และคอลัมน์ต้องไม่เป็นสาธารณะ",
                "squares with counts are for single points, and none of the columns may be public beside them",
            )

    def _check_personal(self) -> None:
        named = [one.source for one in self.columns
                 if one.audience in (Audience.CARE, Audience.TAX) and one.nature is None]  # fmt: skip
        if named:
            raise BadRequest(
                f"คอลัมน์ {', '.join(named)}: สิ่งที่ให้ care/tax เห็นเป็นข้อมูลส่วนบุคคล ต้องบอก (--personal หรือ --sensitive)",
                f"{', '.join(named)}: what is granted by name is personal; say so (--personal, or --sensitive)",
            )
        open_to_all = [one.source for one in self.columns
                       if one.nature is not None and one.audience in (Audience.PUBLIC, Audience.PARTNER)]  # fmt: skip
        if open_to_all:
            raise BadRequest(
                f"คอลัมน์ {', '.join(open_to_all)} เป็นข้อมูลส่วนบุคคล จะให้สาธารณะหรือ partner เห็นไม่ได้",
                f"{', '.join(open_to_all)}: personal values are neither for the public nor for partners",
            )
        if any(one.nature and one.name == self.label for one in self.columns):
            raise BadRequest(
                "ข้อมูลส่วนบุคคลใช้เป็นป้ายชื่อบนแผนที่ไม่ได้", "what is personal is not written on the map (--label-column)"
            )
        if self.is_personal and self.processing is None:
            raise BadRequest(
                "มีข้อมูลส่วนบุคคล ต้องบอกวัตถุประสงค์ ฐานทางกฎหมาย และเก็บกี่ปี (--purpose --basis --keep-years)",
                "personal data needs its purpose, its lawful basis and how many years it is kept"
                " (--purpose --basis --keep-years)",
            )
        is_sensitive = any(one.nature is Nature.SENSITIVE for one in self.columns)
        if is_sensitive and self.processing is not None and self.processing.sensitive_basis is None:
            raise BadRequest(
                "ข้อมูลอ่อนไหวต้องมีฐานตามมาตรา 26 (--sensitive-basis)",
                "sensitive data needs a basis of section 26 (--sensitive-basis)",
            )

    @property
    def is_personal(self) -> bool:
        """Whether it says something of persons."""
        return isinstance(self.public, Cells) or any(one.nature for one in self.columns)

    @property
    def tells_columns(self) -> bool:
        """Whether any column is public."""
        return any(one.audience is Audience.PUBLIC for one in self.columns)

    @property
    def tells_the_public(self) -> bool:
        """Whether the public gets anything at all: without it no row of the layer is anything to them."""
        return self.public is not Published.WITHHELD or self.tells_columns

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to hide."""
        return self.public is Published.AS_IT_IS and all(one.audience is Audience.PUBLIC for one in self.columns)

    def column(self, called: str) -> TownColumn:
        """The column that somebody calls by its name here or in the file."""
        for one in (*(c for c in self.columns if c.source == called), *(c for c in self.columns if c.name == called)):
            return one
        known = ", ".join(one.source for one in self.columns[:60])
        raise BadRequest(f"ไม่มีคอลัมน์ {called!r} มี: {known}", f"There is no column {called!r}; there are: {known}")

    def with_columns(self, **changed: TownColumn) -> Definition:
        """The same with some columns, by name, said otherwise."""
        return replace(self, columns=tuple(changed.get(one.name, one) for one in self.columns))

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"schema": SCHEMA, **cast(dict[str, Any], _plain(self))}


def _plain(value: Any) -> Any:
    if isinstance(value, Cells):
        return {"metres": value.metres, "at_least": value.at_least}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, StrEnum) else value


def definition_in(kept: dict[str, Any]) -> Definition:
    """A definition as it was kept."""
    words = {name: value for name, value in kept.items() if name != "schema"}
    public = words["public"]
    columns = tuple(
        TownColumn(name=one["name"], source=one["source"], type=ColumnType(one["type"]), label=Text(**one["label"]),
                   audience=Audience(one["audience"]), nature=Nature(one["nature"]) if one["nature"] else None)
        for one in words["columns"]
    )  # fmt: skip
    return Definition(**words | {
        **{name: Text(**words[name]) for name in ("title", "about", "source")},
        **{name: tuple(words[name]) for name in ("kinds", "key", "maps")},
        "public": Cells(**public) if isinstance(public, dict) else Published(public),
        "columns": columns, "editors": Audience(words["editors"]), "processing": _processing_in(words["processing"]),
    })  # fmt: skip


def _processing_in(kept: dict[str, Any] | None) -> Processing | None:
    if kept is None:
        return None
    sensitive = kept["sensitive_basis"]
    return Processing(
        **{name: Text(**kept[name]) for name in ("subjects", "data", "purpose", "recipients")},
        basis=basis_in(kept["basis"]), kept=Kept(**kept["kept"]),
        sensitive_basis=sensitive_basis_in(sensitive) if sensitive else None,
    )  # fmt: skip


def layer_of(said: Definition) -> Layer:
    """The layer that a definition describes, with a table of its own; BadRequest where it contradicts itself."""
    try:
        return _layer_of(said)
    except BadLayer as error:
        raise BadRequest(error.told.th, error.told.en) from error


def _layer_of(said: Definition) -> Layer:
    table = _table_of(said)
    history_of(cast(Any, table.__table__))
    # Tiles carry what popups show, and nothing personal is in a tile (DOMAIN §7.2).
    names = [one.name for one in said.columns if one.nature is None]
    dimension = max((2 if "POLYGON" in kind else 1 if "LINE" in kind else 0) for kind in said.kinds)
    first = 10 if said.large else 6
    return Layer(
        id=said.id, title=said.title, about=said.about, table=table, keys=(said.key,) if said.key else (),
        zooms=range(first, 20), stack=(Stack.POINTS, Stack.LINES, Stack.AREAS)[dimension],
        style=Style(color=said.color, symbol=said.symbol, label=said.label, label_from_zoom=15,
                    fill_opacity=0.9 if dimension == 0 else 0.3, stroke_width=2.5 if dimension == 1 else 1.2),
        popup=tuple(names[:MOST_IN_A_POPUP]), source=said.source, licence=said.licence, maps=said.maps,
        editors=said.editors, name_field=said.label or _name_among(said), processing=said.processing,
        public_rows=None if said.tells_the_public else nobody,
        public_rows_say=None if said.tells_the_public else Text("เฉพาะผู้เกี่ยวข้อง", "for members only"),
        generalise=Generalise(below=13) if said.large and said.is_open else None,
        instant=said.instant, is_made=True, is_whole=not said.key, town=said.town,
    )  # fmt: skip


def nobody(_row: Any) -> Any:
    """The rows of a layer that tells the public nothing: none, so that not even their number is told."""
    return false()


def _name_among(said: Definition) -> str | None:
    """The column that looks like a row's name."""
    texts = [one for one in said.columns if one.type is ColumnType.TEXT and one.nature is None]
    wanted = [one.name for one in texts if re.search("name|ชื่อ", one.source.casefold())]
    return wanted[0] if wanted else texts[0].name if texts else None


def _table_of(said: Definition) -> type[LayerTable]:
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    # A registry of its own as well: nothing that one process has built before is in the way, nor stays for ever.
    body: dict[str, Any] = {
        "__tablename__": said.id, "__module__": __name__, "metadata": metadata,
        "_sa_registry": registry(metadata=metadata, type_annotation_map=Base.type_annotation_map),
        "municipality": _municipality(said), "geom": shape(*said.kinds, public=said.public, required=False),
    }  # fmt: skip
    for place, one in enumerate(said.columns):
        words = Field(label=one.label, audience=one.audience, nature=one.nature, import_from=(one.source,))
        body[one.name] = mapped_column(
            one.name, one.type.sql, nullable=True, sort_order=place, info={"field": words}
        )  # fmt: skip
    if said.linked:
        body["community_id"] = _community(said)
    return cast("type[LayerTable]", type(f"Town_{said.id}", (LayerTable,), body))


def _municipality(said: Definition) -> Any:
    words = Field(label=MUNICIPALITY, audience=Audience.PUBLIC,
                  import_from=(said.towns_from,) if said.towns_from else ())  # fmt: skip
    return mapped_column("municipality", TextType, nullable=True, index=True, sort_order=-8, info={"field": words})


def _community(said: Definition) -> Any:
    # Where a shape is hidden, the community that it lies in would tell something of it.
    audience = Audience.PUBLIC if said.public is Published.AS_IT_IS else Audience.COMMUNITY
    link = Link(to=COMMUNITY, code="community_code", import_from=COMMUNITY_CODES)
    words = Field(label=Text("ชุมชน", "Community"), audience=audience, link=link)
    return mapped_column("community_id", BigInteger, nullable=True, index=True, sort_order=79, info={"field": words})
