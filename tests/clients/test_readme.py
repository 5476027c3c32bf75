"""What the README tells people to type is typed here, against a real server."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pyogrio

from tests.clients.conftest import ASSETS, Town, ran

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## In other programs"
ADDRESS = "http://127.0.0.1:8000"


def test_the_commands_for_other_programs_do_what_they_say(town: Town, tmp_path: Path) -> None:
    part = (ROOT / "README.md").read_text("utf-8").split(HEADING, 1)[1]
    commands = part.split("```\n", 2)[1]
    assert commands.startswith(f"A={ADDRESS}\n")
    commands = commands.replace(ADDRESS, town.address).replace(".venv/bin/python", str(ROOT / ".venv/bin/python"))
    told = ran("bash", "-euc", f"cd {tmp_path}\n{commands}", environment={"TOKEN": town.token})
    assert "household" in told
    assert told.strip().splitlines()[-1] == str(len(town.parcels))
    assert pyogrio.read_info(tmp_path / "parcels.gpkg")["features"] == len(town.parcels)
    staff = geopandas.read_file(tmp_path / "assets.gpkg")
    assert len(staff) == ASSETS
    assert "secret-asset-contact" in set(staff["contact"])
    large = json.loads((tmp_path / "large.geojson").read_text("utf-8"))["features"]
    assert {one["properties"]["capacity"] for one in large} == set(range(31, 40))
