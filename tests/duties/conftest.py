"""Households of a made-up survey, and what the public and staff count of them."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from geo.intake.grounds import SaidGrounds
from geo.intake.load import LoadOptions, load_file
from geo.intake.report import Report
from geo.store.db import session_of
from geo.store.registers import open_request
from layers import LAYERS

AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
HOUSEHOLD = LAYERS["household"]
HEADERS = ("household_code", "house_no", "residents", "head_name", "phone", "disabled", "problems", "surveyed_on",
           "lon", "lat")  # fmt: skip

Load = Callable[..., Report]
Rows = Callable[..., Sequence[Any]]


def survey(folder: Path, *, houses: int = 8, name: str = "survey.csv", **values: Any) -> Path:
    """A CSV of households close together; `values` by column, the same for every row."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        for place in range(houses):
            row = {
                "household_code": f"HH-{place + 1}", "house_no": f"secret-no-{place}/1", "residents": 3,
                "head_name": f"secret-head-{place}", "phone": f"secret-phone-{place}", "disabled": 1, "problems": "",
                "surveyed_on": "2026-05-01", "lon": 100.4701 + place * 0.0001, "lat": 7.0101,
            }  # fmt: skip
            writer.writerow(row | values)
    return path


@pytest.fixture
def load(engine: Engine) -> Load:
    """`load(path, consent=…)`: the report of loading households of Hat Yai."""

    def loaded(path: Path, *, at: dt.datetime = AT, layer: str = "household", **said: str) -> Report:
        options = LoadOptions(municipality="9098", grounds=SaidGrounds(**said))
        return load_file(engine, LAYERS[layer], path, options, layers=LAYERS, by="officer", origin="test", at=at)

    return loaded


@pytest.fixture
def asked_for(engine: Engine) -> Callable[..., int]:
    """`asked_for("erasure")`: the number of a new request in the register."""

    def opened(kind: str, town: str = "9098", at: dt.datetime = AT) -> int:
        with session_of(engine) as session:
            made = open_request(
                session, town, kind=kind, subject="secret-subject", reached_by="secret-reached_by",
                asked="secret-words of a request", received_on=at.date(), by="a steward", at=at,
            )  # fmt: skip
            return made.id

    return opened


def everything_in(engine: Engine) -> str:
    """Every row of every table of ours, as one text: what a copy of the database would tell."""
    said: list[str] = []
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'")
        ).all()
        for table in tables:
            said += connection.scalars(text(f'SELECT t::text FROM "{table}" AS t')).all()
    return "\n".join(said)
