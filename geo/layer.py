"""The words a layer is described with.

A layer file says, once, what its table holds, who may see each column, what the public gets of the geometry and how
it is drawn. Everything else (routes, tiles, maps, intake, documentation, tests) is worked out from that, so a column
without an audience and both labels cannot be written: `field` takes them as its first two arguments.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cached_property
from typing import Any, ClassVar, Literal, cast

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy import (
    Text as TextType,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column

from geo.codes import CodeList
from geo.errors import BadLayer, Text
from geo.personal import Basis, Kept, Nature, Processing, SensitiveBasis
from geo.themes import Band, Theme

__all__ = [
    "Audience", "Band", "Base", "Basis", "Cells", "CodeList", "Decimal", "Field", "Generalise", "Group", "Kept",
    "Layer", "LayerTable", "Link", "Mapped", "Nature", "Processing", "Published", "SensitiveBasis", "Shape",
    "Stack", "Style", "Text", "Theme", "WKBElement", "Yearly", "computed", "field", "link", "shape",
]  # fmt: skip


class Audience(StrEnum):
    """Who may see something. `CARE` and `TAX` are granted by name and are in no other audience (DESIGN §2.6)."""

    PUBLIC = "public"
    PARTNER = "partner"
    COMMUNITY = "community"
    STAFF = "staff"
    CARE = "care"
    TAX = "tax"
    STEWARD = "steward"

    @property
    def sees(self) -> frozenset[Audience]:
        """The audiences whose columns this one may read."""
        return _SEES[self]


_OPEN = (Audience.PUBLIC, Audience.PARTNER, Audience.COMMUNITY, Audience.STAFF)
_SEES = {audience: frozenset(_OPEN[: place + 1]) for place, audience in enumerate(_OPEN)} | {
    Audience.CARE: frozenset((*_OPEN, Audience.CARE)),
    Audience.TAX: frozenset((*_OPEN, Audience.TAX)),
    Audience.STEWARD: frozenset(_OPEN),
}


class Published(StrEnum):
    """What the public gets of a geometry, unless it is `Cells`."""

    AS_IT_IS = "as it is"
    WITHHELD = "withheld"


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Squares of the place's UTM grid with a count, instead of points (DESIGN §2.8).

    `metres` is the side; a square with fewer than `at_least` rows does not leave the store.
    """

    metres: int
    at_least: int


class Stack(StrEnum):
    """Drawing order, bottom to top."""

    AREAS = "areas"
    PARCELS = "parcels"
    BUILDINGS = "buildings"
    ZONES = "zones"
    LINES = "lines"
    POINTS = "points"


class Group(Enum):
    """Where a layer stands in the layer switch, top to bottom."""

    RISKS = Text("ความเสี่ยง", "Risks")
    STRENGTHS = Text("ศักยภาพ", "Strengths")
    PEOPLE = Text("คนและครัวเรือน", "People and households")
    LAND = Text("ที่ดินและอาคาร", "Land and buildings")
    BOUNDARIES = Text("ขอบเขต", "Boundaries")
    OWN = Text("ของเมืองเอง", "The town's own")


@dataclass(frozen=True, kw_only=True)
class Field:
    """What is known of one column beside its SQL type.

    `codes` is the list its values come from, `many` allows several codes separated by spaces; `import_from` are the
    header names seen in real files; `strip` is a regular expression removed from imported text (`TH` of a P-code);
    `pattern` is what imported text should look like (a warning otherwise); `unit` a short unit; `at_least`/`at_most`
    bounds of a number (a warning otherwise); `measure` fills the column from the geometry when a file does not;
    `nature` says that the values are personal: they go at a person's request and when their time is over.
    `python_type` is found from the column: `list` with an `item_type`, an integer that `is_large` has 64 bits.
    """

    name: str = ""
    label: Text
    audience: Audience
    codes: CodeList | None = None
    many: bool = False
    import_from: tuple[str, ...] = ()
    strip: str | None = None
    pattern: str | None = None
    unit: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    measure: Literal["area", "length"] | None = None
    computed: bool = False
    link: Link | None = None
    nature: Nature | None = None
    python_type: type = str
    item_type: type | None = None
    is_large: bool = False

    def told(self, value: Any) -> Text:
        """A value as people read it: the labels of its codes, yes and no, a number with its unit."""
        if value is None or value == "":
            return Text("–", "–")
        if isinstance(value, (list, tuple)):
            told = [replace(self, python_type=self.item_type or str).told(one) for one in value]
            return Text(", ".join(one.th for one in told), ", ".join(one.en for one in told))
        if isinstance(value, bool):
            return Text("ใช่", "Yes") if value else Text("ไม่ใช่", "No")
        if self.codes:
            labels = [self.codes.label(code) for code in (str(value).split() if self.many else [str(value)])]
            return Text(", ".join(one.th for one in labels), ", ".join(one.en for one in labels))
        number = isinstance(value, (int, float, Decimal)) and not self.name.endswith("year") and "code" not in self.name
        shown = f"{round(value, 2):,}" if number else str(value)
        return Text(*([f"{shown} {self.unit}" if self.unit else shown] * 2))

    @property
    def imported(self) -> bool:
        """Whether a file may fill it directly."""
        return not self.computed and self.link is None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A foreign key to another layer, filled from a code in the file, by location, or by hand.

    `code` is the target's column that files quote (in the same municipality), `import_from` the headers that quote it.
    """

    to: str
    code: str
    import_from: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The geometry column: which kinds it takes, what the public gets, and whether a row may lack it."""

    kinds: tuple[str, ...]
    public: Published | Cells
    required: bool = True

    @property
    def dimension(self) -> int:
        """0 for points, 1 for lines, 2 when areas are among the kinds."""
        return max({"POINT": 0, "LINESTRING": 1, "POLYGON": 2}[kind.removeprefix("MULTI")] for kind in self.kinds)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The geometry types that a row may have. Several points in one must be asked for: `MULTIPOINT`."""
        several = (f"MULTI{kind}" for kind in self.kinds if "POINT" not in kind)
        return (*self.kinds, *several)

    @property
    def cells(self) -> Cells | None:
        """The cells, where that is the public's form."""
        return self.public if isinstance(self.public, Cells) else None


# A column's words travel in SQLAlchemy's own `info`, so that a table is all one needs to hold.
def field(
    label: Text,
    audience: Audience,
    *,
    codes: CodeList | None = None,
    many: bool = False,
    import_from: tuple[str, ...] = (),
    strip: str | None = None,
    pattern: str | None = None,
    unit: str | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    measure: Literal["area", "length"] | None = None,
    nature: Nature | None = None,
    indexed: bool = False,
    order: int = 0,
) -> MappedColumn[Any]:
    """A column with its label and audience; see `Field` for the rest. Of a lower `order` it stands before others."""
    words = Field(
        label=label, audience=audience, codes=codes, many=many, import_from=import_from, strip=strip,
        pattern=pattern, unit=unit, at_least=at_least, at_most=at_most, measure=measure, nature=nature,
    )  # fmt: skip
    return mapped_column(index=indexed, info={"field": words}, sort_order=order)


def computed(label: Text, audience: Audience, sql: str, *, codes: CodeList | None = None) -> MappedColumn[Any]:
    """A column that PostgreSQL works out from the row's other columns; `sql` must be immutable."""
    words = Field(label=label, audience=audience, codes=codes, computed=True)
    return mapped_column(Computed(sql, persisted=True), info={"field": words})


def link(
    label: Text, audience: Audience, *, to: str, code: str, import_from: tuple[str, ...] = (),
    nature: Nature | None = None,
) -> MappedColumn[Any]:  # fmt: skip
    """A foreign key `{to}_id`; how it was found stands beside it in `{to}_link` (given, location or hand)."""
    words = Field(label=label, audience=audience, link=Link(to=to, code=code, import_from=import_from), nature=nature)
    return mapped_column(BigInteger, ForeignKey(f"{to}.id", ondelete="SET NULL"), index=True, info={"field": words})


def shape(*kinds: str, public: Published | Cells, required: bool = True) -> MappedColumn[Any]:
    """The geometry: longitude and latitude, WGS 84, heights kept where a file has them (DESIGN §2.10).

    No type modifier, because `geometry(Polygon, 4326)` would refuse heights; a check constraint says the same.
    """
    words = Shape(kinds=kinds, public=public, required=required)
    return mapped_column(
        Geometry(geometry_type=None, srid=-1, spatial_index=False),
        nullable=not required,
        info={"shape": words},
    )


class Base(DeclarativeBase):
    """Every table of the Atlas."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_index",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "pk": "%(table_name)s_pkey",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: TextType(), int: Integer(), float: Double(), Decimal: Numeric(), dt.datetime: DateTime(timezone=True),
    }  # fmt: skip


MUNICIPALITY = Text("รหัสเทศบาล", "Municipality code")
MUNICIPALITY_HEADERS = ("municipality_code", "muni_code", "mun_code", "รหัสเทศบาล", "municipality")


class LayerTable(Base):
    """What every row of every layer has: an id, a version, a municipality, the change that made it, its shape.

    `geom_mercator` is the stored copy for tiles; `source_digest` remembers the file's own values, so that loading the
    same file again neither changes a row nor undoes what people corrected since.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-10)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), sort_order=-9)
    municipality: Mapped[str | None] = mapped_column(
        TextType,
        index=True,
        sort_order=-8,
        info={"field": Field(label=MUNICIPALITY, audience=Audience.PUBLIC, import_from=MUNICIPALITY_HEADERS)},
    )
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    source_digest: Mapped[uuid.UUID | None] = mapped_column(Uuid, sort_order=91)
    geom: Any

    @declared_attr
    def change_id(cls) -> Mapped[int]:
        # Names a row of `change`, never deleted; a foreign key would cost a look-up for each of a million rows.
        return mapped_column(BigInteger, sort_order=92)

    @declared_attr
    def geom_mercator(cls) -> Mapped[WKBElement]:
        column = Geometry(geometry_type=None, srid=-1, spatial_index=False)
        return mapped_column(
            column,
            Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
            sort_order=94,
        )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        stems = [name.removesuffix("_id") for name, value in vars(cls).items() if _link_of(value)]
        for stem in stems:
            setattr(cls, f"{stem}_link", mapped_column(f"{stem}_link", TextType, nullable=True, sort_order=80))
        cells = _shape_of(cls).cells
        if cells:
            sql = f"atlas_cell(geom, {cells.metres})"
            cls.cell_id = mapped_column(
                "cell_id", BigInteger, Computed(sql, persisted=True), nullable=True, index=True, sort_order=95
            )
        super().__init_subclass__(**kwargs)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        name: str = cls.__tablename__
        allowed = ", ".join(f"'{kind}'" for kind in _shape_of(cast(type[LayerTable], cls)).allowed)
        return (
            CheckConstraint("ST_SRID(geom) = 4326", name="geom_srid"),
            CheckConstraint(f"GeometryType(geom) IN ({allowed})", name="geom_kind"),
            Index(f"{name}_geom_index", "geom", postgresql_using="gist"),
        )


def history_of(table: Table) -> Table:
    """The table of closed versions: the row's columns as they were, and the change that closed them."""
    copies = [
        Column(c.name, c.type, primary_key=c.name in ("id", "version"), nullable=c.nullable, autoincrement=False)
        for c in table.columns
        if c.name not in ("geom_mercator", "cell_id")
    ]
    return Table(
        f"{table.name}_history",
        table.metadata,
        *copies,
        Column("closed_at", DateTime(timezone=True), nullable=False),
        Column("closed_change_id", BigInteger, nullable=False),
        Column("closed_as", TextType, nullable=False),
    )


@dataclass(frozen=True, kw_only=True)
class Generalise:
    """What is drawn where a tile would hold too much: counts in squares of the tile grid, and it says so.

    Below zoom `below` always; at or above it when the tile holds more than `at_most` features.
    """

    below: int
    at_most: int = 20_000


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a layer is drawn; `by` names a coded column whose list carries colours.

    A label is written from `label_from_zoom` to `label_to_zoom`, `label_size` pixels high where that is said. One that
    `label_fits` stands within its own area, as `label_short` where the whole is too long, and else not at all.
    """

    color: str
    fill_opacity: float = 0.35
    stroke_width: float = 1.0
    dash: str | None = None
    symbol: Literal["circle", "triangle", "square", "drop"] = "circle"
    by: str | None = None
    label: str | None = None
    label_from_zoom: int = 14
    label_to_zoom: int | None = None
    label_size: int | None = None
    label_fits: bool = False
    label_short: str | None = None


@dataclass(frozen=True, kw_only=True)
class Yearly:
    """A layer whose files are editions: a newer one is a difference to what is there (`geo/store/editions_plan.py`).

    `owner`, `use` and `area` name the columns whose change means something of its own; `wah` are rai, ngan and square
    wah, the area on paper. `name` is who owns it, among the owner's columns. `passing` columns are other in every
    year's file: where nothing else is, the row is as it was.
    """

    name: str
    owner: tuple[str, ...]
    use: tuple[str, ...]
    area: tuple[str, ...]
    wah: tuple[str, str, str]
    passing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the town's map: the table and everything that doors, maps and tests need to know of it.

    `keys` are the alternatives that identify a row in a file, best first (the municipality is always part of it);
    `public_rows` limits what the public sees to rows that meet a condition, `public_rows_say` says it in words.
    `instant` names the column that says when a feature was, a day or a moment: `datetime=` selects by it.
    A layer with personal columns, or whose shapes the public gets as cells, says in `processing` why and how long.
    With `locking` its rows are changed over HTTP only by who says which version they saw. Rows with a `life` go from
    report to verification and further (`geo/life.py`); their table is `Marked`.
    Rows of a layer that is `photographed` take photographs.
    A town layer `is_made` without code, perhaps by one `town`; of one without keys a file `is_whole`: what is not in
    the next file of a town ends with it.
    One that is `yearly` gets a new file every year, which says what became of each row.
    `themes` are the ways in which it may be coloured. A layer that `is_index` leads to what lies in its areas: a click
    on one goes there. `group` is its place in the layer switch. `carried` are columns that tiles bring beside those of
    the popup, to colour and filter by (those of a theme come when the theme is asked for);
    `found_by` those in which a search looks, beside the name;
    `names_places` those whose values are names of places that many rows lie in: a search finds the place, once.
    """

    id: str
    title: Text
    about: Text
    table: type[LayerTable]
    keys: tuple[tuple[str, ...], ...]
    zooms: range
    stack: Stack
    style: Style
    popup: tuple[str, ...]
    source: Text
    licence: str
    maps: tuple[str, ...]
    editors: Audience
    name_field: str | None = None
    instant: str | None = None
    public_rows: Callable[[Any], ColumnElement[bool]] | None = None
    public_rows_say: Text | None = None
    processing: Processing | None = None
    generalise: Generalise | None = None
    locking: bool = False
    life: Literal["risk", "potential"] | None = None
    photographed: bool = False
    is_made: bool = False
    is_whole: bool = False
    town: str | None = None
    shown_at_start: bool = True
    group: Group = Group.OWN
    themes: tuple[Theme, ...] = ()
    is_index: bool = False
    carried: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()
    names_places: tuple[str, ...] = ()
    checks: tuple[str, ...] = dataclass_field(default=())
    yearly: Yearly | None = None

    def __post_init__(self) -> None:
        if self.id != self.table.__tablename__ or not re.fullmatch(r"[a-z][a-z_0-9]*", self.id):
            raise BadLayer(f"{self.id}: the id is the table's name in lower case")
        for what, names in (
            ("popup", self.popup), ("name", (self.name_field,) if self.name_field else ()),
            ("style", tuple(n for n in (self.style.by, self.style.label, self.style.label_short) if n)),
            ("keys", sum(self.keys, ())), ("themes", tuple(theme.by for theme in self.themes)),
            ("instant", (self.instant,) if self.instant else ()), ("carried", self.carried),
            ("found_by", self.found_by), ("names_places", self.names_places),
            ("yearly", (self.yearly.name, *self.yearly.owner, *self.yearly.use, *self.yearly.area, *self.yearly.wah,
              *self.yearly.passing)
             if self.yearly else ()),
        ):  # fmt: skip
            unknown = set(names) - set(self.fields)
            if unknown:
                raise BadLayer(f"{self.id}: {what} names unknown fields {sorted(unknown)}")
        if self.instant and self.fields[self.instant].python_type not in (dt.date, dt.datetime):
            raise BadLayer(f"{self.id}: the instant {self.instant} is neither a day nor a time")
        personal = [name for name in self.carried if self.fields[name].nature is not None]
        if personal:
            raise BadLayer(f"{self.id}: tiles carry nothing personal beside what their popup tells: {personal}")
        if self.style.by and not self.fields[self.style.by].codes:
            raise BadLayer(f"{self.id}: the style's column {self.style.by} has no code list")
        self._check_themes()
        if self.generalise and (self.public_rows or self.shape.cells):
            raise BadLayer(f"{self.id}: a generalisation would count rows that the public may not see")
        bare = [c.name for c in self.table.__table__.columns if c.name not in _PLAIN and "field" not in c.info]
        if any(not name.endswith("_link") for name in bare):
            raise BadLayer(f"{self.id}: columns without an audience and labels: {sorted(bare)}")
        if self.photographed and self.shape.cells:
            raise BadLayer(f"{self.id}: a photograph would tell which row the public gets as a square")
        self._check_processing()

    def _check_themes(self) -> None:
        if len({theme.id for theme in self.themes}) != len(self.themes):
            raise BadLayer(f"{self.id}: two themes of one name")
        for theme in self.themes:
            words = self.fields[theme.by]
            if theme.bands and (words.codes or words.python_type not in (int, float, Decimal)):
                raise BadLayer(f"{self.id}: the bands of theme {theme.id} are not of a number")
            if not theme.bands and not words.codes:
                raise BadLayer(f"{self.id}: theme {theme.id} has neither codes nor bands")
            if theme.apart_from is None and words.nature is not None:
                raise BadLayer(f"{self.id}: tiles carry nothing personal, and theme {theme.id} would need them to")

    def _check_processing(self) -> None:
        unsaid = [name for name, words in self.fields.items()
                  if words.audience in (Audience.CARE, Audience.TAX) and words.nature is None]  # fmt: skip
        if unsaid:
            raise BadLayer(f"{self.id}: columns granted by name that do not say their nature: {unsaid}")
        if bool(self.processing) != self.is_personal:
            raise BadLayer(f"{self.id}: personal data and `processing` go together")
        if self.processing is None:
            return
        if self.personal(Nature.SENSITIVE) and self.processing.sensitive_basis is None:
            raise BadLayer(f"{self.id}: sensitive columns need a basis of section 26")
        since = self.processing.kept.since
        if since is not None and (since not in self.fields or self.fields[since].python_type is not dt.date):
            raise BadLayer(f"{self.id}: `since` names no column of days")

    def personal(self, *natures: Nature) -> tuple[str, ...]:
        """The personal columns, all or of some natures, in the table's order."""
        wanted = natures or tuple(Nature)
        return tuple(name for name, words in self.fields.items() if words.nature in wanted)

    @cached_property
    def is_personal(self) -> bool:
        """Whether it says something of persons: by a column, or by where a household lives."""
        return bool(self.personal()) or self.shape.cells is not None

    @cached_property
    def shape(self) -> Shape:
        """The geometry's words."""
        return _shape_of(self.table)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every described column by name, in the table's order."""
        found: dict[str, Field] = {}
        for column in self.table.__table__.columns:
            words = column.info.get("field")
            if words:
                found[column.name] = _named(words, cast(Column[Any], column))
        return found

    @cached_property
    def links(self) -> dict[str, Link]:
        """The foreign keys to other layers: column name to its words."""
        return {name: words.link for name, words in self.fields.items() if words.link}

    def fields_for(self, audience: Audience) -> tuple[str, ...]:
        """The columns an audience may read, in the table's order."""
        return self._fields_for[audience]

    @cached_property
    def _fields_for(self) -> dict[Audience, tuple[str, ...]]:
        return {
            audience: tuple(name for name, words in self.fields.items() if words.audience in audience.sees)
            for audience in Audience
        }

    @cached_property
    def all_themes(self) -> tuple[Theme, ...]:
        """The declared themes, or the one that the style itself is."""
        by = self.style.by
        return self.themes or ((Theme(id=by, title=self.fields[by].label, by=by),) if by else ())

    @cached_property
    def is_open(self) -> bool:
        """Whether there is nothing to hide, so that everybody gets all of it wherever they are."""
        hidden = [words for words in self.fields.values() if words.audience is not Audience.PUBLIC]
        return not hidden and self.shape.public is Published.AS_IT_IS and self.public_rows is None

    @cached_property
    def history(self) -> Table:
        """The closed versions of this layer's rows."""
        return self.table.metadata.tables[f"{self.id}_history"]


_PLAIN = {"id", "version", "changed_at", "source_digest", "change_id", "geom", "geom_mercator", "cell_id"}


def _named(words: Field, column: Column[Any]) -> Field:
    kind = {
        SmallInteger: int, Integer: int, BigInteger: int, Numeric: Decimal, Double: float, Uuid: uuid.UUID,
    }.get(type(column.type))  # fmt: skip
    python_type = cast(type, kind or getattr(column.type, "python_type", str))
    item = getattr(column.type.item_type, "python_type", str) if isinstance(column.type, ARRAY) else None
    large = isinstance(column.type, BigInteger)
    return replace(words, name=column.name, python_type=python_type, item_type=item, is_large=large)


def _link_of(value: object) -> Link | None:
    words = value.column.info.get("field") if isinstance(value, MappedColumn) else None
    return words.link if isinstance(words, Field) else None


def _shape_of(table: type[LayerTable]) -> Shape:
    if hasattr(table, "__table__"):
        found = table.__table__.columns["geom"].info.get("shape")
    else:
        value = vars(table).get("geom")
        found = value.column.info.get("shape") if isinstance(value, MappedColumn) else None
    if not isinstance(found, Shape):
        raise BadLayer(f"{table.__name__}: needs geom = shape(...)")
    return found
