"""What one may not see is told like what never was, and nothing says how much of it there is or of what kind."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.store import credentials
from geo.store.db import session_of
from geo.store.people_tables import Person
from geo.store.read import Asking
from geo.store.tallies import tallies
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, point, release_all, rewrite, square, tile_at
from tests.people.made import make_person
from tests.people.visiting import bearer, headers_of

LATER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
NEVER_WAS = 77_777
# Layers whose rows are not all for everybody, and those whose rows a member sees in the own area alone.
HAS_HIDDEN_ROWS = [name for name, layer in LAYERS.items() if layer.public_rows or layer.shape.cells]
HAS_ROWS_OF_ITS_OWN = [name for name, layer in LAYERS.items() if not layer.is_open]


# --- a row that one may not see, and a row that never was -------------------------------------------------------------


# Who asks, and whether the town is a made-up one, is remembered for a moment and looked up anew after any change: now
# and then, whatever is asked for.
LOOKED_UP = re.compile(r"^SELECT (bearer_token|person_grant|totp|atlas_holds_made_up)")


@contextmanager
def work() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile but for what is looked up now and then."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not LOOKED_UP.match(statement):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


PROBES: list[dict[str, Any]] = [
    {}, {"headers": {"Accept": "text/html"}}, {"params": {"f": "html"}}, {"params": {"lang": "en"}},
    {"params": {"f": "csv"}}, {"headers": {"If-None-Match": "*"}}, {"headers": {"If-Match": "*"}},
    {"headers": {"If-Modified-Since": "Mon, 05 Jan 2026 00:00:00 GMT"}}, {"headers": {"Range": "bytes=0-10"}},
    {"method": "HEAD"}, {"method": "OPTIONS"}, {"params": {"datetime": "2026-05-01T00:00:00Z"}},
    {"method": "PUT"}, {"method": "DELETE"},
]  # fmt: skip
NO_CHANGE = (400, 401, 403, 404, 405, 428)
DOORS = (
    "/collections/{name}/items/{fid}", "/collections/{name}/items/{fid}/versions", "/maps?layers={name}&item={fid}",
    "/collections/{name}/items/{fid}/versions?before=2", "/collections/{name}/items/0{fid}",
    "/collections/{name}/items/{fid}/photos", "/marks/{name}/{fid}",
)  # fmt: skip


def hide(engine: Engine, name: str, town: str, **values: Any) -> int:
    """A row that was changed once, with an id that is no other number on any page."""
    with Session(engine) as session, session.begin():
        session.execute(text(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH 55555"))
        (fid,) = make_rows(session, name, municipality=town, **values)
        rewrite(session, name, [fid], LATER, municipality=town)
    return fid


@pytest.mark.parametrize("login", [None, "partner", "staff", "care"])
def test_a_row_that_one_may_not_see_is_one_that_never_was(
    login: str | None, engine: Engine, client: TestClient
) -> None:
    if login:
        make_person(engine, login, f"{login} municipality 9098")
    headers = headers_of(client, login, scope=login, purpose="a test of locks") if login else {}
    for name in HAS_ROWS_OF_ITS_OWN if login else HAS_HIDDEN_ROWS:
        if login:
            hidden = hide(engine, name, "9099")
        else:
            hidden = hide(engine, name, "9098", **({"status": "reported"} if LAYERS[name].public_rows else {}))
        for door in DOORS:
            client.get(f"/collections/{name}/items?f=html", headers=headers)
            for probe in PROBES if door == DOORS[0] else PROBES[:4]:
                answers, works = [], []
                # What is remembered from question to question is there for both.
                settle(client)
                asked(client, door.format(name=name, fid=NEVER_WAS + 1), headers, {"params": probe.get("params", {})})
                for fid in (hidden, NEVER_WAS):
                    with work() as sent:
                        answers.append(asked(client, door.format(name=name, fid=fid), headers, probe))
                    works.append(sent)
                there, nowhere = (plain(one, fid) for one, fid in zip(answers, (hidden, NEVER_WAS), strict=True))
                assert there == nowhere, (door, probe)
                assert works[0] == works[1], (door, probe)
                # What may be done at an address is told of any address; who may change nothing is told so of any row.
                fine = {"OPTIONS": (200, 204), "PUT": NO_CHANGE, "DELETE": NO_CHANGE}.get(
                    probe.get("method", "GET"), (400, 404, 405)
                )
                assert answers[0].status_code in fine, (door, probe, answers[0].status_code)


def settle(client: TestClient) -> None:
    """Wait until the service has heard of what was changed, by whoever was refused too."""
    cache = client.app.state.cache  # type: ignore[attr-defined]  # the app is one of ours
    until = time.monotonic() + 10
    while not cache._is_proved():
        assert time.monotonic() < until, "it hears nothing"
        time.sleep(0.01)


def asked(client: TestClient, address: str, headers: dict[str, str], probe: dict[str, Any]) -> Any:
    more = "&".join(f"{name}={value}" for name, value in probe.get("params", {}).items())
    address += ("&" if "?" in address else "?") + more if more else ""
    # Packed, two ids are of two lengths.
    headers = headers | {"Accept-Encoding": "identity"} | probe.get("headers", {})
    return client.request(probe.get("method", "GET"), address, headers=headers)


def plain(answer: Any, fid: int) -> tuple[int, dict[str, str], str]:
    """An answer without the id that was asked for."""
    return answer.status_code, dict(answer.headers), timeless(answer.text).replace(str(fid), "…")


def timeless(text: str) -> str:
    """A page without the moment at which it was made, which is no answer."""
    return re.sub("<time.*?</time>", "", text)


@pytest.mark.parametrize("scope", ["staff", "care"])
def test_restoring_what_one_may_not_see_is_told_as_what_never_was(
    scope: str, engine: Engine, client: TestClient
) -> None:
    make_person(engine, "malee", "staff municipality 9098", "care municipality 9098")
    headers = headers_of(client, "malee", scope=scope, purpose="a test of locks") | {"Accept-Encoding": "identity"}
    for name in HAS_ROWS_OF_ITS_OWN:
        hidden = hide(engine, name, "9099")
        for accept in ("application/json", "text/html"):
            client.get(f"/collections/{name}/items", headers=headers | {"Accept": accept})
            told, works = [], []
            for fid in (hidden, NEVER_WAS):
                with work() as sent:
                    at, body = f"/collections/{name}/items/{fid}/restore", {"version": 1, "reason": "a guess"}
                    answer = client.post(at, headers=headers | {"Accept": accept}, json=body)
                told.append(plain(answer, fid))
                works.append(sent)
            assert told[0] == told[1]
            assert works[0] == works[1]


def test_a_tile_over_hidden_rows_is_the_tile_of_an_empty_place(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        for name in HAS_HIDDEN_ROWS:
            status: dict[str, Any] = {"status": "reported"} if "status" in LAYERS[name].fields else {}
            make_rows(session, name, count=4, **status)
    for name in HAS_HIDDEN_ROWS:
        for z in (12, 15, 17):
            _, x, y = tile_at(z)
            for written in ("mvt", "geojson"):
                over, empty = (client.get(f"/tiles/{name}/{z}/{one}/{y}.{written}") for one in (x, x // 2))
                assert over.status_code == (204 if written == "mvt" else 200) == empty.status_code
                assert (dict(over.headers), over.content) == (dict(empty.headers), empty.content)
                tag = {"If-None-Match": empty.headers["etag"]}
                assert client.get(f"/tiles/{name}/{z}/{x}/{y}.{written}", headers=tag).status_code == 304


# --- pages and numbers ------------------------------------------------------------------------------------------------


def test_pages_step_over_hidden_rows_as_if_there_were_none(engine: Engine, client: TestClient) -> None:
    statuses = ["reported", "verified", "reported", "reported", "verified", "verified", "reported"]
    with Session(engine) as session, session.begin():
        ids = make_rows(session, "risk_point", count=7, status=statuses)
    shown = [fid for fid, status in zip(ids, statuses, strict=True) if status == "verified"]
    address, seen = "/collections/risk_point/items?limit=1", []
    while address:
        page = client.get(address).json()
        assert page["numberReturned"] == len(page["features"]) == 1
        assert page["numberMatched"] == len(shown)
        seen.append(page["features"][0]["id"])
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
        # The next page is named by what was seen, never by what was stepped over.
        assert not address or f"after={seen[-1]}" in address
    assert seen == shown
    # Going on from a hidden row, or from none at all, is going on from the one before it.
    found = [
        client.get(f"/collections/risk_point/items?after={after}").json()["features"] for after in (ids[1], ids[2])
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.PARTNER, Audience.STAFF])
def test_a_wrong_value_for_a_hidden_column_says_nothing_of_its_type(
    audience: Audience, engine: Engine, client: TestClient
) -> None:
    make_person(
        engine,
        "somebody",
        f"{audience} municipality 9098" if audience is not Audience.PUBLIC else "staff municipality 9099",
    )
    headers = {} if audience is Audience.PUBLIC else headers_of(client, "somebody")
    for name, layer in LAYERS.items():
        at = f"/collections/{name}/items"
        in_squares = layer.shape.cells and audience is not Audience.STAFF
        hidden = [one for one, words in layer.fields.items() if in_squares or words.audience not in audience.sees]
        for value in ("1", "abc", "2026-01-01", "", "9" * 40):
            for more in ({}, {"f": "html", "bbox": "100,6,101,8"}):
                answers = {}
                for column in (*hidden, "no_such_column"):
                    answer = client.get(at, params={column: value, **more}, headers=headers)
                    assert answer.status_code == 400
                    told = timeless(answer.text).replace(f"'{column}'", "…").replace(f"&#39;{column}&#39;", "…")
                    # A page's own address stands on it: as it came.
                    answers[column] = told.replace(f"?{column}=", "?…=")
                assert set(answers.values()) == {answers["no_such_column"]}
        for asked in ("sortby", "properties"):
            refused = [client.get(at, params={asked: one}, headers=headers) for one in (*hidden, "no_such_column")]
            assert {one.status_code for one in refused} == {400}
            words = {re.sub("'[^']*'", "…", one.json()["detail_en"]) for one in refused}
            assert words == {"Unknown parameter …"}


def test_a_square_on_the_border_tells_neither_community_how_many_are_its_own(session: Session) -> None:
    lon, lat = HAT_YAI
    seen = []
    pair = make_rows(session, "community", count=2, geom=[
        square(lon - 0.02, lat - 0.01, 0.02), square(lon, lat - 0.01, 0.02)])  # fmt: skip
    for west in (0, 1, 3, 6):
        places = [point(lon - 0.0002, lat)] * west + [point(lon + 0.0002, lat)] * (6 - west)
        made = make_rows(
            session, "household", count=6, geom=places, community_id=[pair[0]] * west + [pair[1]] * (6 - west)
        )
        assert len(session.scalars(text("SELECT DISTINCT cell_id FROM household")).all()) == 1
        release_all(session)
        seen.append([tallies(session, LAYERS["household"], Asking(), community_id=fid)[0] for fid in pair])
        session.execute(text("DELETE FROM household WHERE id = ANY(:ids)"), {"ids": made})
        session.execute(text("DELETE FROM release_cell"))
    assert [one for one in seen if one != seen[0]] == []


# --- people -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_people_areas_and_imports_of_another_town_are_told_as_none_at_all(
    accept: str, engine: Engine, client: TestClient
) -> None:
    with Session(engine) as session, session.begin():
        for name in ("community", "shared_area"):
            session.execute(text(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH 55555"))
        make_rows(session, "community", municipality="9099")
        make_rows(session, "shared_area", municipality="9099", municipalities="9099")
        session.execute(text("ALTER TABLE person ALTER COLUMN id RESTART WITH 55555"))
    make_person(engine, "theirs", "staff municipality 9099")
    theirs = text(
        "INSERT INTO import_batch (id, layer, file_name, file_sha256, file_bytes, loaded_at, loaded_by, municipality,"
        " driver, encoding, counts, report) OVERRIDING SYSTEM VALUE VALUES (55555, 'risk_zone', 'theirs.zip', '', 0,"
        " now(), 'theirs', '9099', 'x', 'utf-8', '{}', '{}')"
    )
    with engine.begin() as connection:
        connection.execute(theirs)
    number = make_person(engine, "somchai", "staff municipality 9098", "steward municipality 9098")
    more = {"Accept": accept, "Accept-Encoding": "identity"}
    staff, steward = (writing(engine, number, audience) | more for audience in (Audience.STAFF, Audience.STEWARD))
    attempts: list[tuple[str, str, dict[str, str] | None, dict[str, str]]] = [
        ("GET", "/people/{}", None, steward),
        ("GET", "/imports/{}", None, staff),
        *(("POST", f"/people/{{}}/{act}", {}, steward)
          for act in ("disable", "enable", "totp/end", "password-reset", "grants/1/end")),
        *(("POST", f"/people/{number}/grants", {"audience": "staff", "place": f"{kind}:{{}}"}, steward)
          for kind in ("community", "shared_area", "municipality")),
        ("POST", "/people/totp-rules", {"audience": "care", "municipality": "{}"}, steward),
    ]  # fmt: skip
    for method, path, form, headers in attempts:
        answers = []
        for what in (55_555, NEVER_WAS):
            data = {name: value.format(what) for name, value in form.items()} if form is not None else None
            answer = client.request(method, path.format(what), data=data, headers=headers)
            answers.append(plain(answer, what))
        assert answers[0] == answers[1], (path, form)
        assert answers[0][0] == 404, (path, form)


def writing(engine: Engine, number: int, audience: Audience) -> dict[str, str]:
    """A token of a person that may write."""
    with session_of(engine) as session:
        account = credentials.account_of(session.get_one(Person, number))
        return bearer(credentials.make_api_token(
            session, account, name="a test", audience=audience, purpose=None, may_write=True, with_totp=False, days=1,
            by="a test", at=dt.datetime.now(dt.UTC)))  # fmt: skip
