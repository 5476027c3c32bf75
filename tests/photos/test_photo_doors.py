"""Photographs over HTTP: who may send them, who sees them, and that a person clears each before the public does."""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.layer import Audience
from geo.photos.checked import picture_of
from geo.store.credentials import account_of, make_api_token
from geo.store.db import session_of
from geo.store.people_tables import Person
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import make_rows
from tests.people.made import make_person
from tests.people.visiting import HTML, bearer, csrf_on, headers_of, sign_in
from tests.photos.pictures import drawn, jpeg, opened, png

TICKS = {"no_faces": True, "no_plates": True}
ITS_OWN = ("state", "taken_at", "made_by", "made_at", "cleared_by", "lon", "lat", "deeds")


@pytest.fixture
def risk(engine: Engine) -> int:
    """A verified risk point of 9098."""
    with Session(engine) as session, session.begin():
        return make_rows(session, "risk_point", status="verified")[0]


@pytest.fixture
def staff(engine: Engine, client: TestClient) -> dict[str, str]:
    """Somebody of the municipality's staff, with a token."""
    make_person(engine, "somchai", "staff municipality 9098")
    return writer(client, "somchai", "staff")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder of the town's own."""
    return tmp_path


@pytest.fixture
def fresh(database_url: str, home: Path) -> Iterator[TestClient]:
    """The service over an empty folder."""
    with TestClient(app_of(Settings(home=home), database_url), raise_server_exceptions=False) as found:
        yield found


def writer(client: TestClient, login: str, audience: str) -> dict[str, str]:
    """The token of somebody who may write."""
    return headers_of(client, login, scope=audience, purpose="a test of photographs")


def send(client: TestClient, place: str, headers: dict[str, str], *bodies: bytes, **words: Any) -> Any:
    """The answer to photographs sent to a row, such as `risk_point/1`."""
    layer, fid = place.split("/")
    files = [("photo", (f"{number}.jpg", io.BytesIO(body))) for number, body in enumerate(bodies)]
    return client.post(f"/collections/{layer}/items/{fid}/photos", headers=headers, files=files, data=words)


def listed(client: TestClient, place: str, headers: dict[str, str] | None = None) -> Any:
    layer, fid = place.split("/")
    return client.get(f"/collections/{layer}/items/{fid}/photos", headers=headers or {})


def act(client: TestClient, number: int, deed: str, headers: dict[str, str], **words: Any) -> Any:
    return client.post(f"/photos/{number}/{deed}", headers=headers, json=words)


def test_a_photograph_is_kept_without_its_words_and_waits_for_a_person(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    place, sent = f"risk_point/{risk}", jpeg()
    answer = send(client, place, staff, sent, caption="ท่อระบายน้ำอุดตัน")
    assert (answer.status_code, answer.headers["location"]) == (201, f"/collections/risk_point/items/{risk}/photos")
    (kept,) = answer.json()
    picture = picture_of(sent)
    assert (kept["sha256"], kept["bytes"], kept["width"]) == (picture.sha256, len(picture.jpeg), 640)
    assert (kept["state"], kept["made_by"], kept["caption"]) == ("waiting", "somchai", "ท่อระบายน้ำอุดตัน")
    assert (kept["lon"], kept["lat"]) == pytest.approx((100.4729, 7.016), abs=1e-4)
    assert kept["taken_at"] == "2026-03-01T14:30:00+07:00"
    full, small = (client.get(kept[name], headers=staff) for name in ("url", "thumb"))
    assert (full.content, small.content) == (picture.jpeg, picture.thumbnail)
    assert max(opened(small.content).size) == 320
    assert full.headers["content-type"] == "image/jpeg"
    assert (full.headers["cache-control"], full.headers["x-content-type-options"]) == ("private, no-store", "nosniff")
    assert full.headers["content-disposition"] == "inline"
    # The public knows of the row and of no photograph.
    assert listed(client, place).json()["photos"] == []
    assert [client.get(kept[name]).status_code for name in ("url", "thumb")] == [404, 404]


def test_what_is_cleared_is_public_and_what_is_withdrawn_is_not_any_more(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    place = f"risk_point/{risk}"
    (kept,) = send(client, place, staff, jpeg(), caption="ฝาท่อ").json()
    number = kept["id"]
    for half in ({}, {"no_faces": True}, {"no_plates": True}, {"no_faces": True, "no_plates": False}):
        assert act(client, number, "clear", staff, **half).status_code == 400
    assert client.get(kept["url"]).status_code == 404
    assert act(client, number, "clear", staff, **TICKS).json()["state"] == "cleared"
    (shown,) = listed(client, place).json()["photos"]
    assert not set(shown) & set(ITS_OWN)
    assert (shown["caption"], shown["taken_on"]) == ("ฝาท่อ", "2026-03-01")
    public = client.get(shown["url"])
    assert public.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert set(public.headers["vary"].split(", ")) >= {"Authorization", "Cookie"}
    again = client.get(shown["url"], headers={"If-None-Match": public.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert act(client, number, "withdraw", staff).status_code == 400
    assert act(client, number, "withdraw", staff, reason="มีคนเดินผ่าน").json()["state"] == "waiting"
    assert listed(client, place).json()["photos"] == []
    # Whoever has it already is told no longer that it is still so.
    assert client.get(shown["url"], headers={"If-None-Match": public.headers["etag"]}).status_code == 404
    (own,) = listed(client, place, staff).json()["photos"]
    assert [(deed["done"], deed["by"], deed["reason"]) for deed in own["deeds"]] == [
        ("add", "somchai", None), ("clear", "somchai", None), ("withdraw", "somchai", "มีคนเดินผ่าน")]  # fmt: skip
    assert (own["cleared_by"], own["no_faces"], own["no_plates"]) == (None, False, False)


def test_what_is_refused_says_why_and_may_be_looked_at_again(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    place = f"risk_point/{risk}"
    number = send(client, place, staff, jpeg()).json()[0]["id"]
    assert act(client, number, "withdraw", staff, reason="x").status_code == 400
    assert act(client, number, "clear", staff, **TICKS).status_code == 200
    assert act(client, number, "refuse", staff, reason="เห็นป้ายทะเบียน").json()["state"] == "refused"
    (own,) = listed(client, place, staff).json()["photos"]
    assert (own["refused_by"], own["refused_reason"], own["cleared_at"]) == ("somchai", "เห็นป้ายทะเบียน", None)
    assert listed(client, place).json()["photos"] == []
    assert act(client, number, "clear", staff, **TICKS).json()["state"] == "cleared"
    assert listed(client, place, staff).json()["photos"][0]["refused_reason"] is None


def test_what_is_taken_off_is_gone_and_may_be_sent_anew(
    client: TestClient, engine: Engine, staff: dict[str, str], risk: int, rows: Callable[..., Sequence[Any]]
) -> None:
    place = f"risk_point/{risk}"
    (kept,) = send(client, place, staff, jpeg()).json()
    assert act(client, kept["id"], "clear", staff, **TICKS).status_code == 200
    assert act(client, kept["id"], "end", staff, reason="ภาพผิดจุด").json()["state"] == "ended"
    assert listed(client, place, staff).json()["photos"] == []
    assert client.get(kept["url"], headers=staff).status_code == client.get(kept["url"]).status_code == 404
    assert act(client, kept["id"], "clear", staff, **TICKS).status_code == 404
    # What was stays written down.
    assert rows("SELECT ended_by FROM photo") == [("somchai",)]
    (anew,) = send(client, place, staff, jpeg()).json()
    assert anew["id"] != kept["id"]
    assert anew["state"] == "waiting"


def test_a_photograph_of_what_is_not_verified_stays_inside_though_it_is_cleared(
    client: TestClient, engine: Engine, staff: dict[str, str]
) -> None:
    with Session(engine) as session, session.begin():
        (fid,) = make_rows(session, "risk_point", status="reported")
    (kept,) = send(client, f"risk_point/{fid}", staff, jpeg()).json()
    assert act(client, kept["id"], "clear", staff, **TICKS).status_code == 200
    assert listed(client, f"risk_point/{fid}").status_code == 404
    assert client.get(kept["url"]).status_code == 404
    mine = client.get(kept["url"], headers=staff)
    assert (mine.status_code, mine.headers["cache-control"]) == (200, "private, no-store")


def test_the_row_that_ends_takes_its_photographs_along(client: TestClient, staff: dict[str, str], risk: int) -> None:
    (kept,) = send(client, f"risk_point/{risk}", staff, jpeg()).json()
    assert act(client, kept["id"], "clear", staff, **TICKS).status_code == 200
    assert client.get(kept["url"]).status_code == 200
    ended = client.delete(f"/collections/risk_point/items/{risk}", headers=staff | {"If-Match": "*"})
    assert ended.status_code in (204, 428)
    if ended.status_code == 428:
        tag = client.get(f"/collections/risk_point/items/{risk}", headers=staff).headers["etag"]
        ended = client.delete(f"/collections/risk_point/items/{risk}", headers=staff | {"If-Match": tag})
    assert ended.status_code == 204
    assert client.get(kept["url"]).status_code == client.get(kept["url"], headers=staff).status_code == 404
    assert act(client, kept["id"], "withdraw", staff, reason="x").status_code == 404


@pytest.mark.parametrize(
    ("grant", "adds", "sees", "where", "clears"),
    [
        ("staff municipality 9098", 201, 1, True, 200), ("staff municipality 9099", 404, None, False, 404),
        ("community community {community}", 201, 1, True, 403), ("community community {other}", 404, None, False, 404),
        ("care municipality 9098", 201, 1, True, 403), ("tax municipality 9098", 201, 1, False, 403),
        ("steward municipality 9098", 403, 1, False, 403), ("partner municipality 9098", 403, 0, False, 404),
    ],
)  # fmt: skip
def test_each_audience_does_and_sees_what_is_its_own(
    grant: str, adds: int, sees: int | None, where: bool, clears: int, client: TestClient, engine: Engine,
    staff: dict[str, str],
) -> None:  # fmt: skip
    with Session(engine) as session, session.begin():
        community, other = make_rows(session, "community", count=2)
        (fid,) = make_rows(session, "risk_point", status="verified", community_id=community)
    make_person(engine, "somebody", grant.format(community=community, other=other))
    (kept,) = send(client, f"risk_point/{fid}", staff, jpeg()).json()
    theirs = writer(client, "somebody", grant.split()[0])
    found = listed(client, f"risk_point/{fid}", theirs)
    assert (found.status_code == 404) == (sees is None)
    if sees is not None:
        assert len(found.json()["photos"]) == sees
        assert all(("lon" in one) is where for one in found.json()["photos"])
    assert client.get(kept["url"], headers=theirs).status_code == (200 if sees else 404)
    assert send(client, f"risk_point/{fid}", theirs, png(drawn(60, 40))).status_code == adds
    assert act(client, kept["id"], "clear", theirs, **TICKS).status_code == clears
    assert act(client, kept["id"], "end", theirs, reason="x").status_code == clears


def test_whoever_added_a_photograph_may_take_it_off_and_not_clear_it(
    client: TestClient, engine: Engine, risk: int
) -> None:
    make_person(engine, "nok", "care municipality 9098")
    theirs = writer(client, "nok", "care")
    (kept,) = send(client, f"risk_point/{risk}", theirs, jpeg()).json()
    assert act(client, kept["id"], "clear", theirs, **TICKS).status_code == 403
    assert act(client, kept["id"], "refuse", theirs, reason="x").status_code == 403
    assert act(client, kept["id"], "end", theirs, reason="ส่งผิด").status_code == 200


def test_nobody_adds_without_signing_in_or_with_a_token_that_only_reads(
    client: TestClient, engine: Engine, risk: int
) -> None:
    number, at = make_person(engine, "somchai", "staff municipality 9098"), dt.datetime.now(dt.UTC)
    with session_of(engine) as session:
        account = account_of(session.get_one(Person, number))
        reader = bearer(make_api_token(session, account, name="a test", audience=Audience.STAFF, purpose=None,
                                       may_write=False, with_totp=True, days=1, by="somchai", at=at))  # fmt: skip
    assert send(client, f"risk_point/{risk}", {}, jpeg()).status_code == 401
    assert send(client, f"risk_point/{risk}", reader, jpeg()).status_code == 403


def test_only_layers_that_say_so_take_photographs(client: TestClient, engine: Engine, staff: dict[str, str]) -> None:
    assert {name for name, layer in LAYERS.items() if layer.photographed} == {"risk_point", "risk_zone", "asset"}
    with Session(engine) as session, session.begin():
        made = {name: make_rows(session, name)[0] for name in ("parcel", "asset", "risk_zone")}
    assert send(client, f"parcel/{made['parcel']}", staff, jpeg()).status_code in (403, 404)
    assert listed(client, f"parcel/{made['parcel']}", staff).status_code == 404
    for name in ("asset", "risk_zone"):
        assert send(client, f"{name}/{made[name]}", staff, jpeg()).status_code == 201


def test_of_several_with_a_bad_one_none_is_kept_and_all_that_is_wrong_is_told(
    fresh: TestClient, home: Path, staff: dict[str, str], risk: int
) -> None:
    heic = b"\0\0\0\x18ftypheic" + b"\0" * 64
    answer = send(fresh, f"risk_point/{risk}", staff, jpeg(), heic, png(), b"no picture")
    assert answer.status_code == 400
    told = [(one["index"], one["code"]) for one in answer.json()["problems"]]
    assert told == [(1, "photo-heic"), (3, "photo-unknown-kind")]
    assert "ภาพที่ 2" in answer.json()["detail_th"]
    assert listed(fresh, f"risk_point/{risk}", staff).json()["photos"] == []
    assert not (home / "photos").exists()


def test_a_dozen_at_once_are_kept_and_a_thirteenth_is_refused(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    bodies = [jpeg(drawn(900, 600, seed=number)) for number in range(12)]
    answer = send(client, f"risk_point/{risk}", staff, *bodies)
    assert answer.status_code == 201
    assert [one["sha256"] for one in answer.json()] == [picture_of(body).sha256 for body in bodies]
    assert len(listed(client, f"risk_point/{risk}", staff).json()["photos"]) == 12
    assert send(client, f"risk_point/{risk}", staff, *bodies, jpeg()).status_code == 400


def test_what_is_too_large_is_refused_by_its_announced_length(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    huge = staff | {"Content-Length": str(10**9), "Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(f"/collections/risk_point/items/{risk}/photos", headers=huge, content=b"--x--")
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["detail_en"]


@pytest.mark.parametrize("words", [
    {"caption": "x" * 301}, {"caption": "a\x00b"}, {"lon": "100.4", "lat": "95"}, {"lon": "a", "lat": "7"},
    {"lon": ["100.4", "100.5"], "lat": ["7", "7"]}, {"taken_at": "yesterday"}, {"whose": "mine"},
])  # fmt: skip
def test_words_that_make_no_sense_are_refused(
    words: dict[str, Any], client: TestClient, staff: dict[str, str], risk: int
) -> None:
    plain = io.BytesIO()
    drawn().save(plain, "JPEG")
    assert send(client, f"risk_point/{risk}", staff, plain.getvalue(), **words).status_code == 400
    assert send(client, f"risk_point/{risk}", staff).status_code == 400
    assert listed(client, f"risk_point/{risk}", staff).json()["photos"] == []


def test_what_a_device_took_off_the_file_is_said_beside_it(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    plain = io.BytesIO()
    drawn().save(plain, "JPEG")
    answer = send(client, f"risk_point/{risk}", staff, plain.getvalue(), jpeg(), lon=["100.5", ""], lat=["7.1", ""],
                  taken_at=["2569-02-28T09:00:00", ""])  # fmt: skip
    first, second = answer.json()
    assert (first["lon"], first["lat"], first["taken_at"]) == (100.5, 7.1, "2026-02-28T09:00:00+07:00")
    assert second["taken_at"] == "2026-03-01T14:30:00+07:00"


def test_the_same_picture_on_a_row_is_one_however_often_and_at_once(
    client: TestClient, staff: dict[str, str], risk: int, rows: Callable[..., Sequence[Any]]
) -> None:
    sent = jpeg(drawn(800, 600))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(client, f"risk_point/{risk}", staff, sent), range(6)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()[0]["id"] for one in answers}) == 1
    assert rows("SELECT count(*) FROM photo") == [(1,)]
    assert rows("SELECT count(*) FROM photo_deed") == [(1,)]


def test_what_is_sent_again_under_its_key_is_answered_and_not_done_again(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    keyed, place = staff | {"Idempotency-Key": "one-two"}, f"risk_point/{risk}"
    first = send(client, place, keyed, jpeg(), caption="ก")
    assert act(client, first.json()[0]["id"], "end", staff, reason="x").status_code == 200
    again = send(client, place, keyed, jpeg(), caption="ก")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()[0]["id"] == first.json()[0]["id"]
    assert listed(client, place, staff).json()["photos"] == []
    assert send(client, place, keyed, jpeg(), caption="ข").status_code == 400


def test_where_nothing_can_be_kept_it_is_said_and_there_is_no_row(
    fresh: TestClient, home: Path, staff: dict[str, str], risk: int, rows: Callable[..., Sequence[Any]]
) -> None:
    (home / "photos").write_text("a file where a folder should be")
    answer = send(fresh, f"risk_point/{risk}", staff, jpeg())
    assert answer.status_code == 503
    assert "ที่เก็บภาพ" in answer.json()["detail_th"]
    assert str(home) not in answer.text
    assert rows("SELECT count(*) FROM photo") == [(0,)]
    (home / "photos").unlink()
    assert send(fresh, f"risk_point/{risk}", staff, jpeg()).status_code == 201


def test_a_full_disk_is_said_and_there_is_no_row(
    fresh: TestClient, staff: dict[str, str], risk: int, rows: Callable[..., Sequence[Any]]
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        answer = send(fresh, f"risk_point/{risk}", staff, jpeg())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert answer.status_code == 503
    assert rows("SELECT count(*) FROM photo") == [(0,)]


def test_a_picture_that_is_not_there_and_one_that_one_may_not_see_are_told_alike(
    client: TestClient, staff: dict[str, str], risk: int
) -> None:
    (kept,) = send(client, f"risk_point/{risk}", staff, jpeg()).json()
    for end in (".jpg", "-320.jpg"):
        hidden, nowhere = (client.get(f"/photos/{name}{end}") for name in (kept["sha256"], "0" * 64))
        assert hidden.status_code == nowhere.status_code == 404
        assert json.dumps(hidden.json()).replace(kept["sha256"], "0" * 64) == json.dumps(nowhere.json())
        same = {name: value for name, value in hidden.headers.items() if name != "content-length"}
        assert same == {name: value for name, value in nowhere.headers.items() if name != "content-length"}
    for name in ("x", "A" * 64, "0" * 63, "%2e%2e%2fsecret"):
        assert client.get(f"/photos/{name}.jpg").status_code == 404
    for number in ("0", "999999", "9" * 30, "x"):
        assert act(client, number, "clear", staff, **TICKS).status_code == 404  # type: ignore[arg-type]  # on purpose


def test_the_same_bytes_on_two_rows_follow_the_row_that_may_be_seen(
    client: TestClient, engine: Engine, staff: dict[str, str], risk: int
) -> None:
    with Session(engine) as session, session.begin():
        (asset,) = make_rows(session, "asset")
    (first,) = send(client, f"risk_point/{risk}", staff, jpeg()).json()
    (second,) = send(client, f"asset/{asset}", staff, jpeg()).json()
    assert (first["sha256"], first["id"] == second["id"]) == (second["sha256"], False)
    assert act(client, second["id"], "clear", staff, **TICKS).status_code == 200
    assert client.get(first["url"]).status_code == 200
    assert listed(client, f"risk_point/{risk}").json()["photos"] == []
    assert act(client, second["id"], "refuse", staff, reason="x").status_code == 200
    assert client.get(first["url"]).status_code == 404


def test_a_form_without_script_adds_clears_and_comes_back_to_the_page(
    client: TestClient, engine: Engine, risk: int
) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    sign_in(client, "somchai")
    page = f"/collections/risk_point/items/{risk}/photos"
    assert "ยังไม่มีภาพ" in client.get(page, headers=HTML).text
    proof = {"csrf": csrf_on(client, page), "caption": "<b>น้ำขัง</b>"}
    nothing = ("photo", ("", io.BytesIO(b"")))
    files = [nothing, ("photo", ("a.jpg", io.BytesIO(jpeg())))]
    forged = client.post(page, data=proof | {"csrf": "wrong"}, files=files, headers=HTML)
    assert forged.status_code == 403
    answer = client.post(page, data=proof, files=files, headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?f=html")
    shown = client.get(page, headers=HTML).text
    assert "&lt;b&gt;น้ำขัง&lt;/b&gt;" in shown
    assert "1 มี.ค. 2569" in shown
    number = client.get(page, headers={"Accept": "application/json"}).json()["photos"][0]["id"]
    ticks = {"csrf": csrf_on(client, page), "no_faces": "yes", "no_plates": "yes"}
    assert client.post(f"/photos/{number}/clear", data=ticks | {"csrf": ""}, headers=HTML).status_code == 403
    cleared = client.post(f"/photos/{number}/clear", data=ticks, headers=HTML, follow_redirects=False)
    assert (cleared.status_code, cleared.headers["location"]) == (303, f"{page}?f=html")
    client.cookies.clear()
    public = client.get(page, headers=HTML).text
    assert "&lt;b&gt;น้ำขัง" in public
    assert "somchai" not in public
    assert "<form" not in public.partition("<main>")[2]
