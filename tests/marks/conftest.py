"""People of one town who mark, inspect and verify, and one of another; and what they do, by program and by form."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.people.visiting import HTML, csrf_on, sign_in
from tests.writes.conftest import Desk, desk_of, feature

PEOPLE = {
    "anan": "staff municipality 9098",
    "boon": "staff municipality 9098",
    "chai": "staff municipality 9098",
    "neighbour": "staff municipality 9099",
    "collector": "partner municipality 9098",
    "steward": "steward municipality 9098",
    "care": "care municipality 9098",
}


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The service on a Monday in March, for a module of tests."""
    with desk_of(new_database, tmp_path_factory, PEOPLE) as found:
        found.made("municipality", code="9098", municipality="9098", geom=_town(100.40, 6.95, 100.55, 7.06))
        found.made("municipality", code="9099", municipality="9099", geom=_town(100.56, 7.15, 100.65, 7.25))
        yield found


def _town(west: float, south: float, east: float, north: float) -> str:
    return f"SRID=4326;POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def marked(desk: Desk, who: str = "anan", layer: str = "risk_point", **properties: Any) -> int:
    """A mark that somebody made; its id."""
    words = {"kind": "shelter" if layer == "asset" else "FLD-SURF", "name_th": "หน้าตลาด", **properties}
    answer = desk.ask(who, "POST", f"/marks/{layer}", feature(**words))
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["id"]
    return found


def step(
    desk: Desk, who: str | None, fid: int, name: str, *, layer: str = "risk_point", version: Any = None, **said: Any
) -> Any:
    """The answer to a step that a program takes, of the version that holds unless another is named."""
    if who is not None and name in ("inspect", "reinspect"):
        photographed(desk, who, fid, layer)
    if version is None:
        (row,) = desk.rows(f"SELECT version FROM {layer} WHERE id = :fid", fid=fid)
        version = row.version
    return desk.ask(who, "POST", f"/marks/{layer}/{fid}/steps/{name}", said, Content_Type="application/json",
                    If_Match=f'"{version}"')  # fmt: skip


_SHADES = itertools.count()


def photographed(desk: Desk, who: str, fid: int, layer: str = "risk_point") -> Any:
    """A photograph of the mark as somebody sees it now; no two are the same."""
    return desk.client.post(f"/collections/{layer}/items/{fid}/photos", headers=desk.people[who],
                            files={"photo": ("a.png", shade())})  # fmt: skip


def shade() -> bytes:
    """A picture like no other."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (next(_SHADES) % 256, next(_SHADES) % 256, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def state(desk: Desk, fid: int, layer: str = "risk_point") -> str:
    """Where a mark is in its life."""
    (row,) = desk.rows(f"SELECT status FROM {layer} WHERE id = :fid", fid=fid)
    found: str = row.status
    return found


@dataclass(frozen=True, kw_only=True)
class Browsing:
    """Somebody in a browser without script: they open pages and send the forms on them."""

    client: TestClient

    def get(self, path: str, *, json: bool = False) -> Any:
        """A page, or the same for programs."""
        return self.client.get(path, headers={"Accept": "application/json"} if json else HTML)

    def csrf(self, page: str) -> str:
        """The proof on a page's forms."""
        return csrf_on(self.client, page)

    def version(self, page: str) -> str:
        """The version that a page's forms were made of."""
        found = re.search(r'name="version" value="(\d+)"', self.get(page).text)
        return found.group(1) if found else ""

    def post(self, path: str, form: dict[str, str]) -> Any:
        """A form as it stands."""
        return self.client.post(path, data=form, headers=HTML)

    def send(self, page: str, path: str, **form: str) -> Any:
        """A form of a page, with what the page itself put into it; whoever goes to see brings a photograph."""
        if path.endswith(("/steps/inspect", "/steps/reinspect")):
            layer, fid = page.split("/")[2:4]
            self.client.post(f"/collections/{layer}/items/{fid}/photos", headers=HTML, data={"csrf": self.csrf(page)},
                             files={"photo": ("a.png", shade())})  # fmt: skip
        return self.post(path, {"csrf": self.csrf(page), "version": self.version(page), **form})


def browsing(desk: Desk, login: str) -> Browsing:
    """Somebody who has signed in."""
    client = TestClient(desk.client.app, base_url="http://atlas.example", raise_server_exceptions=False,
                        follow_redirects=False)  # fmt: skip
    assert sign_in(client, login).status_code == 303
    return Browsing(client=client)


def told_on(page: str) -> str:
    """The words of a page that are not of its frame, without numbers in addresses."""
    main = page.partition("<main>")[2].partition("</main>")[0]
    return re.sub(r'(csrf" value="[^"]*"|href="[^"]*"|action="[^"]*"|src="[^"]*")', "", main)
