"""Photographs that are erased for good: what they show, what they tell, and their files."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.housekeeping import let_photos_go
from geo.photos.keeping import Keeping
from geo.store import photo_files
from geo.store.db import session_of
from tests.makers import make_rows
from tests.people.made import make_person
from tests.photos.pictures import drawn, jpeg
from tests.photos.test_photo_doors import TICKS, act, fresh, home, listed, risk, send, staff, writer

__all__ = ["fresh", "home", "risk", "staff"]
WHY = "ผู้ที่อยู่ในภาพขอให้ลบ"
TOLD = {"lon": "100.47", "lat": "7.01", "caption": "secret-caption", "taken_at": "2026-03-01T14:30:00+07:00"}
Rows = Callable[..., Sequence[Any]]


def files_in(home: Path) -> list[Path]:
    return sorted(one for one in (home / "photos").rglob("*") if one.is_file())


def test_what_is_erased_leaves_nothing_that_it_showed_or_told(
    fresh: TestClient, staff: dict[str, str], risk: int, home: Path, rows: Rows
) -> None:
    (kept,) = send(fresh, f"risk_point/{risk}", staff, jpeg(), **TOLD).json()
    assert act(fresh, kept["id"], "clear", staff, **TICKS).status_code == 200
    assert act(fresh, kept["id"], "withdraw", staff, reason="secret-name in it").status_code == 200
    assert len(files_in(home)) == 2
    done = act(fresh, kept["id"], "erase", staff, reason=WHY)
    assert (done.status_code, done.json()["state"]) == (200, "erased")
    assert files_in(home) == []
    assert listed(fresh, f"risk_point/{risk}", staff).json()["photos"] == []
    assert fresh.get(kept["url"], headers=staff).status_code == 404
    left = str(rows("SELECT p.*, d.reason FROM photo p JOIN photo_deed d ON d.photo_id = p.id"))
    assert "secret" not in left
    assert "100.47" not in left
    assert WHY in left
    # That there was one and who did what is still known; and it is erased once.
    assert [one.done for one in rows("SELECT done FROM photo_deed ORDER BY id")] == [
        "add",
        "clear",
        "withdraw",
        "erase",
    ]
    assert act(fresh, kept["id"], "erase", staff, reason=WHY).status_code == 404


def test_the_file_stays_as_long_as_another_photograph_is_of_the_same(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int, home: Path
) -> None:
    with Session(engine) as session, session.begin():
        (other,) = make_rows(session, "risk_point", status="verified")
    (one,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    (same,) = send(fresh, f"risk_point/{other}", staff, jpeg()).json()
    assert one["sha256"] == same["sha256"]
    assert act(fresh, one["id"], "erase", staff, reason=WHY).status_code == 200
    assert len(files_in(home)) == 2
    assert fresh.get(same["url"], headers=staff).status_code == 200
    assert act(fresh, same["id"], "erase", staff, reason=WHY).status_code == 200
    assert files_in(home) == []
    # And it may come again: somebody else may have a reason to send the same.
    (anew,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    assert fresh.get(anew["url"], headers=staff).status_code == 200


def test_what_was_taken_off_is_erased_at_once_or_after_its_time(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int, home: Path, rows: Rows
) -> None:
    place = f"risk_point/{risk}"
    first, second = send(fresh, place, staff, jpeg(drawn(seed=1)), jpeg(drawn(seed=2))).json()
    for one in (first, second):
        assert act(fresh, one["id"], "end", staff, reason="ผิดจุด").status_code == 200
    assert act(fresh, first["id"], "erase", staff, reason=WHY).status_code == 200
    assert len(files_in(home)) == 2
    keeping, now = Keeping(home, None), dt.datetime.now(dt.UTC)
    let_photos_go(keeping, engine, now + photo_files.KEPT_AFTER_END - dt.timedelta(hours=1))
    assert len(files_in(home)) == 2
    let_photos_go(keeping, engine, now + photo_files.KEPT_AFTER_END + dt.timedelta(hours=1))
    assert files_in(home) == []
    assert rows("SELECT count(*) FROM photo WHERE erased_at IS NULL OR file_gone_at IS NULL") == [(0,)]


def test_a_row_that_ended_takes_its_photographs_along_in_time(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int, home: Path
) -> None:
    (kept,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    gone = fresh.delete(f"/collections/risk_point/items/{risk}", headers={**staff, "If-Match": "*"})
    assert gone.status_code in (200, 204), gone.text
    keeping, now = Keeping(home, None), dt.datetime.now(dt.UTC)
    let_photos_go(keeping, engine, now)
    assert len(files_in(home)) == 2
    let_photos_go(keeping, engine, now + photo_files.KEPT_AFTER_END + dt.timedelta(days=1))
    assert files_in(home) == []
    assert fresh.get(kept["url"], headers=staff).status_code == 404


def test_a_photograph_of_a_row_that_lives_stays_however_old(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int, home: Path
) -> None:
    assert send(fresh, f"risk_point/{risk}", staff, jpeg()).status_code == 201
    let_photos_go(Keeping(home, None), engine, dt.datetime.now(dt.UTC) + dt.timedelta(days=4000))
    assert len(files_in(home)) == 2


def test_where_the_store_is_away_the_photograph_is_gone_and_its_file_goes_later(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    away = Keeping(home, "s3://nowhere-at-all")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    here: Any = fresh.app
    here.state.photos, there = away, here.state.photos
    assert act(fresh, kept["id"], "erase", staff, reason=WHY).json()["state"] == "erased"
    here.state.photos = there
    assert fresh.get(kept["url"], headers=staff).status_code == 404
    assert len(files_in(home)) == 2
    let_photos_go(there, engine, dt.datetime.now(dt.UTC))
    assert files_in(home) == []


def test_only_the_staff_of_the_area_erases_and_says_why(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int
) -> None:
    (kept,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    assert act(fresh, kept["id"], "erase", staff).status_code == 400
    assert act(fresh, kept["id"], "erase", {}, reason=WHY).status_code == 401
    make_person(engine, "malee", "staff municipality 9001")
    assert act(fresh, kept["id"], "erase", writer(fresh, "malee", "staff"), reason=WHY).status_code == 404
    with engine.connect() as connection:
        (community,) = connection.execute(
            text("SELECT community_id FROM risk_point WHERE id = :id"), {"id": risk}
        ).one()
    if community is not None:
        make_person(engine, "committee", f"community community {community}")
        assert act(fresh, kept["id"], "erase", writer(fresh, "committee", "community"), reason=WHY).status_code == 403
    assert fresh.get(kept["url"], headers=staff).status_code == 200


def test_whoever_sends_the_same_while_it_is_erased_keeps_a_picture_with_a_file(
    fresh: TestClient, engine: Engine, staff: dict[str, str], risk: int
) -> None:
    """The file is not taken from under a photograph that is being added: one waits for the other."""
    (kept,) = send(fresh, f"risk_point/{risk}", staff, jpeg()).json()
    digest, answers = kept["sha256"], []
    with session_of(engine) as session:
        photo_files.hold(session, [digest], alone=True)
        adding = threading.Thread(target=lambda: answers.append(send(fresh, f"risk_point/{risk}", staff, jpeg())))
        adding.start()
        adding.join(timeout=1.0)
        assert not answers
    adding.join(timeout=30)
    assert answers[0].status_code == 201
