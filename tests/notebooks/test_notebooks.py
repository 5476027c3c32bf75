"""Notebooks are run against a real server, as an analyst would, and are kept without what they printed."""

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
from tests.makers import make_rows

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # untyped there


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
    notebook = read(ROOT / "notebooks" / "01_a_community_map.ipynb")
    with running(url, tmp_path) as address:
        monkeypatch.setenv("ATLAS_BASE_URL", address)
        client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}})
        client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "2 communities, 2 with an outline" in printed
    assert "ใหญ่" in printed
    assert "Parcels: 3" in printed
    shown = [unescape(output.data["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    assert len(shown) == 1
    assert f'src="{address}/static/atlas.js"' in shown[0]
    assert "atlas.tiles(" in shown[0]
    assert f'"focus":{{"layer":"community","id":{large}}}' in shown[0]
