"""Made-up lots, files of them, and an officer who brings them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from geo.intake.editions.accept import Accepted, accepted
from geo.intake.editions.compare import begun, compared
from geo.intake.editions.files import EditionFiles
from geo.intake.load import LoadOptions, load_file
from geo.intake.report import Report
from geo.store.db import session_of
from geo.store.editions_books import ChangeLine, Which, changes_of
from geo.store.editions_decided import Chosen
from geo.store.undo import Undone, undone
from geo.store.write import Act
from layers import LAYERS

TOWN = "9098"
AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=365)
SIDE = 0.0004  # degrees: about 44 m
Rows = Callable[..., Sequence[Any]]


@dataclass(frozen=True)
class Lot:
    """One row of a file."""

    code: str
    shape: BaseGeometry
    use: str = "residential"
    owner: str = "นายสมมติ หนึ่ง"
    rai: int = 1


def cell(column: float, row: float, wide: float = 1, high: float = 1) -> BaseGeometry:
    """A square of the grid on which the made-up lots lie, or several in one."""
    west, south = 100.47 + column * SIDE, 7.0 + row * SIDE
    return shapely.box(west, south, west + wide * SIDE, south + high * SIDE)


def town(count: int = 16, wide: int = 4) -> list[Lot]:
    """Lots side by side, `wide` a row."""
    return [Lot(f"01A{n + 1:03d}", cell(n % wide, n // wide), owner=f"นายสมมติ {n}") for n in range(count)]


def written(folder: Path, lots: Sequence[Lot], name: str = "lots.csv") -> Path:
    """The lots as a CSV file."""
    path = folder / name
    lines = [f'{lot.code},{lot.use},{lot.rai},{lot.owner},"{lot.shape.wkt}"\n' for lot in lots]
    path.write_text("parcel_code,land_use,rai,owner_name,wkt\n" + "".join(lines), "utf-8")
    return path


def without(lots: Sequence[Lot], *codes: str) -> list[Lot]:
    """The lots but those of some codes."""
    return [lot for lot in lots if lot.code not in codes]


def other(lots: Sequence[Lot], which: str, **values: Any) -> list[Lot]:
    """The lots with one of them changed."""
    return [replace(lot, **values) if lot.code == which else lot for lot in lots]


@dataclass
class Officer:
    """Somebody who brings files, by the same functions as the pages and the command line."""

    engine: Engine
    folder: Path

    @property
    def files(self) -> EditionFiles:
        return EditionFiles(self.folder / "home")

    def loads(self, lots: Sequence[Lot], at: dt.datetime = AT, **options: Any) -> Report:
        """A load of these lots."""
        chosen = LoadOptions(municipality=TOWN, **options)
        return load_file(self.engine, LAYERS["parcel"], written(self.folder, lots), chosen, layers=LAYERS, by="officer",
                         origin="test", at=at)  # fmt: skip

    def compares(self, lots: Sequence[Lot], *, whole: bool = True) -> int:
        """A new edition of these lots, compared; its number."""
        source = written(self.folder, lots, "year.csv")
        number = begun(self.engine, LAYERS["parcel"], source, LoadOptions(municipality=TOWN, whole=whole),
                       files=self.files, by="officer", at=LATER, tax_year=2027)  # fmt: skip
        compared(self.engine, LAYERS, number, files=self.files, at=LATER)
        return number

    def changes(self, number: int, which: Which | None = None) -> list[ChangeLine]:
        """What an edition would change."""
        with session_of(self.engine) as session:
            return changes_of(session, number, which)

    def accepts(self, number: int, *, at: dt.datetime = LATER, **chosen: Any) -> Accepted:
        """Accept all, or what is chosen."""
        return accepted(self.engine, LAYERS, number, Chosen(**chosen), files=self.files, by="officer", origin="test",
                        at=at)  # fmt: skip

    def undoes(self, change_id: int | None, at: dt.datetime = LATER) -> Undone:
        """Take a change back."""
        assert change_id is not None
        with session_of(self.engine) as session:
            return undone(session, LAYERS, change_id, act=Act(by="officer", origin="test", at=at))


@pytest.fixture
def officer(engine: Engine, tmp_path: Path) -> Officer:
    """An officer of the town at this test's own database."""
    return Officer(engine=engine, folder=tmp_path)
