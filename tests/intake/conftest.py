"""One way to load a file in a test: as an officer of Hat Yai would, at a known time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from geo.intake.load import LoadOptions, load_file
from geo.intake.report import Entry, Report
from layers import LAYERS

FILES = Path(__file__).resolve().parents[1] / "files"
AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)

Load = Callable[..., Report]
Rows = Callable[..., Sequence[Any]]


@pytest.fixture
def load(engine: Engine) -> Load:
    """`load("parcel", path, crs=…)`: the report of loading a file into this test's own database."""

    def loaded(layer: str, path: Path, *, by: str = "officer", at: dt.datetime = AT, **options: Any) -> Report:
        chosen = LoadOptions(**options)
        return load_file(engine, LAYERS[layer], path, chosen, layers=LAYERS, by=by, origin="test", at=at)

    return loaded


def told(report: Report, code: str) -> list[Entry]:
    """The report's entries with this code."""
    return [entry for entry in report.entries if entry.problem.code == code]
