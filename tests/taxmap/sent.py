"""Files as an officer sends them, and the officer who sends them over HTTP: a zip with a shapefile, owners in it."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from fastapi.testclient import TestClient
from pyproj.transformer import Transformer
from sqlalchemy.orm import Session

from tests.makers import make_rows, square
from tests.people.visiting import HTML, csrf_on, headers_of, sent, sign_in
from tests.taxmap.conftest import TOWN, Lot, cell, other, town, without

OWNER, DEED = "secret-owner", "secret-deed"
# What stands in hidden columns; it may leave by the corrected copy and by an owners' worklist alone.
SECRETS = (OWNER, DEED, "secret-later-owner")


def last_year() -> list[Lot]:
    """Sixteen lots with owners."""
    return [replace(lot, owner=f"{OWNER}-{n}") for n, lot in enumerate(town())]


def this_year() -> list[Lot]:
    """One split, one merge, one line that moved, one transfer, one new use, one retired and one new."""
    lots = other(last_year(), "01A001", shape=cell(0, 0, 0.5))
    lots.append(Lot("01A001/001", cell(0.5, 0, 0.5), owner=f"{OWNER}-0"))
    lots = without(other(lots, "01A005", shape=cell(0, 1, 2)), "01A006")
    lots = other(other(lots, "01A009", shape=cell(0, 2, 1.3)), "01A010", shape=cell(1.3, 2, 0.7))
    lots = other(other(lots, "01A002", owner="secret-later-owner"), "01A003", use="commercial")
    return [*without(lots, "01A016"), Lot("01A020", cell(0, 5), owner=f"{OWNER}-20")]


JSON = {"Accept": "application/json"}
EXPECTED = {"SPLIT": 1, "MERGE": 1, "BOUNDARY_CHANGE": 1, "TRANSFER": 1, "VALUES": 1, "RETIRED": 1, "NEW": 1}


def zipped(folder: Path, lots: Sequence[Lot], *, name: str = "parcel", prj: bool = True) -> bytes:
    """The lots as a shapefile (cp874, WGS 84 / UTM 47N) in a zip, with a column that nobody knows."""
    to_metres = Transformer.from_crs(4326, 32647, always_xy=True)

    def by(xy: Any) -> Any:
        return np.column_stack(to_metres.transform(xy[:, 0], xy[:, 1]))

    shapes = [shapely.transform(lot.shape, by) for lot in lots]
    columns = {
        "parcel_cod": [lot.code for lot in lots], "land_use": [lot.use for lot in lots],
        "own_name": [lot.owner for lot in lots], "Id_Chanod": [f"{DEED}-{lot.code}" for lot in lots],
        "mystery": ["ก"] * len(lots),
    }  # fmt: skip
    pyogrio.raw.write(
        folder / f"{name}.shp", shapely.to_wkb(shapes), [np.array(cells, dtype=object) for cells in columns.values()],
        list(columns), driver="ESRI Shapefile", geometry_type="Polygon", crs="EPSG:32647", encoding="cp874",
    )  # fmt: skip
    return in_a_zip(one for one in sorted(folder.glob(f"{name}.*")) if prj or one.suffix != ".prj")


def in_a_zip(files: Iterable[Path]) -> bytes:
    """These files in one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in files:
            packed.write(one, one.name)
    return made.getvalue()


def make_town(session: Session) -> None:
    """The municipality around the lots, and another beside it."""
    make_rows(
        session, "municipality", code=TOWN, name_th="เทศบาลสมมติ", name_en="A town", geom=square(100.46, 6.99, 0.03)
    )
    make_rows(session, "municipality", code="9099", municipality="9099", name_th="เทศบาลอื่น", name_en="Another",
              geom=square(100.5, 6.99, 0.01))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Somebody at the service: a browser with a session, or a program with a token."""

    client: TestClient
    headers: dict[str, str] = field(default_factory=dict)
    proof: str = ""

    def sends(self, file: bytes | tuple[str, bytes], **words: str) -> Any:
        """The answer to a file."""
        name, body = file if isinstance(file, tuple) else ("LTAX.zip", file)
        said = {"municipality": TOWN, "layer": "parcel", **words, **({"csrf": self.proof} if self.proof else {})}
        return self.client.post("/editions", data=said, files={"file": (name, body)}, headers=self.headers)

    def brings(self, file: bytes | tuple[str, bytes], **words: str) -> int:
        """The number of a file that was taken, examined to its end."""
        answer = self.sends(file, **words)
        assert answer.status_code in (201, 303), answer.text
        number = int(answer.headers["location"].rsplit("/", 1)[1])
        self.waits(number)
        return number

    def waits(self, number: int) -> dict[str, Any]:
        """What the job says at its end."""
        for _ in range(6_000):
            job: dict[str, Any] = self.client.get(f"/jobs/{number}", headers=self.headers | JSON).json()
            if job["is_over"]:
                return job
            time.sleep(0.01)
        raise AssertionError(job)

    def gets(self, path: str, **headers: str) -> Any:
        """An answer, as JSON where nothing else is wanted."""
        return self.client.get(path, headers=self.headers | JSON | headers)

    def sees(self, path: str) -> str:
        """A page."""
        answer = self.client.get(path, headers=self.headers | HTML)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def does(self, path: str, **form: str) -> Any:
        """The answer to a small form."""
        more = {"csrf": self.proof} if self.proof else {}
        return self.client.post(path, data=form | more, headers=self.headers | (HTML if self.proof else JSON))

    def changes(self, number: int, **asked: str) -> list[dict[str, Any]]:
        """What a file would change."""
        answer = self.client.get(f"/editions/{number}/changes", params=asked, headers=self.headers | JSON)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["changes"]
        return found


def in_browser(client: TestClient, login: str, audience: str) -> Sender:
    """Somebody who signs in by form and speaks as this audience."""
    sign_in(client, login)
    sent(client, "/auth/audience", audience=audience, purpose="a year's file")
    return Sender(client=client, proof=csrf_on(client, "/auth/me"))


def with_token(client: TestClient, login: str, audience: str) -> Sender:
    """A program of somebody's that speaks as this audience."""
    return Sender(client=client, headers=headers_of(client, login, scope=audience, purpose="a year's file"))
