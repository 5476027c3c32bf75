"""Notebooks are run against a real server, as an analyst would, and are kept without what they printed."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.conftest import running
from tests.makers import HAT_YAI, make_rows, point, release_all, square

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # untyped there


def run(name: str) -> tuple[str, list[str]]:
    """What a notebook prints, and the pages that it shows, from top to bottom."""
    notebook = read(ROOT / "notebooks" / f"{name}.ipynb")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    return printed, [unescape(output.data["text/html"]) for output in outputs if "text/html" in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_the_map_of_a_community_is_made_in_a_notebook(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        people = [10, 900]
        small, large = make_rows(session, "community", count=2, name_th=["เล็ก", "ใหญ่"], registered_people=people)
        make_rows(session, "parcel", count=3, land_use="vacant", community_id=large)
        make_rows(session, "parcel", count=1, land_use="vacant", community_id=small)
    engine.dispose()
    with running(url, tmp_path) as address:
        monkeypatch.setenv("ATLAS_BASE_URL", address)
        printed, shown = run("01_a_community_map")
    assert "2 communities, 2 with an outline" in printed
    assert "ใหญ่" in printed
    assert "Parcels: 3" in printed
    assert len(shown) == 1
    assert f'src="{address}/static/atlas.js"' in shown[0]
    assert "atlas.tiles(" in shown[0]
    assert f'"focus":{{"layer":"community","id":{large}}}' in shown[0]


def test_the_atlas_is_asked_with_geopandas_in_a_notebook(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, (lon, lat) = new_database(), HAT_YAI
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        outlines = [square(lon, lat, 0.01), square(lon + 0.02, lat, 0.01)]
        west, east = make_rows(session, "community", count=2, name_th=["ริมคลอง", "<b>ตลาด</b>"], geom=outlines)
        for community, use, count in ((west, "vacant", 1), (west, "residential", 3), (east, "vacant", 5)):
            make_rows(session, "parcel", count=count, land_use=use, community_id=community)
        make_rows(session, "asset", count=3, name_th=["วัดริมคลอง", "ศาลา", "วัดตลาด"],
                  geom=[point(lon + 0.001, lat), point(lon + 0.002, lat), point(lon + 0.029, lat)])  # fmt: skip
        for place, households in (((lon + 0.005, lat + 0.005), 7), ((lon + 0.1, lat), 9), ((lon + 0.2, lat), 4)):
            make_rows(session, "household", count=households, geom=point(*place))
        release_all(session)
    engine.dispose()
    with running(url, tmp_path) as address:
        monkeypatch.setenv("ATLAS_BASE_URL", address)
        printed, shown = run("02_query_the_atlas")
    assert "2 communities, 9 parcels" in printed
    assert "1 places called วัด in the western half" in printed
    assert printed.index("100%  <b>ตลาด</b>") < printed.index(" 25%  ริมคลอง")
    assert "edition of 2026-01-01: 2 squares, 16 households told, 7 at least" in printed
    assert re.search(r"นอกชุมชน · outside +9\n", printed)
    (choropleth,) = (page for page in shown if "folium-map" in page)
    assert f'src="{address}/static/leaflet.js"' in choropleth
    said = re.findall(r'"words": "([^"]+)"', choropleth)
    assert [json.loads(f'"{one}"').partition(" · ")[0] for one in said] == ["ริมคลอง", "&lt;b&gt;ตลาด&lt;/b&gt;"]


def test_the_tax_map_is_checked_compared_and_taxed_in_a_notebook() -> None:
    printed, _ = run("03_tax_map")
    assert "cp874, EPSG:24047, Indian 1975 to WGS 84 (2), pinned [EPSG:1304]" in printed
    assert re.search(r"warning +1 rows +area-units", printed)
    assert "{'SPLIT': 2, 'MERGE': 1, 'RETIRED': 1, 'TRANSFER': 3}" in printed
    assert re.search(r" 672\.00 +in all; rules ", printed)
    assert "An estimate, not an assessment" in printed
