"""Pictures lie by their digest on the disk or in a store that speaks S3; where they cannot lie nobody is told so."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from obstore.store import S3Store

from geo.errors import SetupMissing, StoreAway
from geo.photos.checked import Picture, picture_of
from geo.photos.keeping import Keeping, path_of
from tests.photos.pictures import drawn, jpeg


def a_picture(seed: int = 0) -> Picture:
    return picture_of(jpeg(drawn(300, 200, seed=seed)))


def test_a_picture_lies_under_its_digest_and_nothing_else_is_there(tmp_path: Path) -> None:
    picture, keeping = a_picture(), Keeping(tmp_path, None)
    keeping.keep(picture)
    name = picture.sha256
    found = sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file())
    folder = f"photos/{name[:2]}/{name[2:4]}"
    assert found == [f"{folder}/{name}-320.jpg", f"{folder}/{name}.jpg"]
    assert (tmp_path / found[1]).read_bytes() == picture.jpeg
    assert (keeping.bytes_of(name), keeping.bytes_of(name, thumbnail=True)) == (picture.jpeg, picture.thumbnail)
    # Nobody else on the machine looks in.
    assert (tmp_path / "photos").stat().st_mode & 0o077 == 0


def test_what_is_kept_twice_lies_there_once_and_what_was_cut_short_is_mended(tmp_path: Path) -> None:
    picture, keeping = a_picture(), Keeping(tmp_path, None)
    keeping.keep(picture)
    place = tmp_path / "photos" / path_of(picture.sha256)
    before = place.stat().st_mtime_ns
    keeping.keep(picture)
    assert place.stat().st_mtime_ns == before
    place.write_bytes(b"")
    keeping.keep(picture)
    assert keeping.bytes_of(picture.sha256) == picture.jpeg


def test_the_file_and_its_folders_are_on_the_disk_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def noting(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", noting)
    picture = a_picture()
    Keeping(tmp_path, None).keep(picture)
    file = tmp_path / "photos" / path_of(picture.sha256)
    assert {str(one) for one in (file, file.parent, file.parent.parent, tmp_path / "photos", tmp_path)} <= set(synced)


def test_the_same_by_many_at_once_is_whole(tmp_path: Path) -> None:
    picture, keeping = a_picture(), Keeping(tmp_path, None)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(keeping.keep, picture) for _ in range(24)]:
            done.result(timeout=30)
    assert keeping.bytes_of(picture.sha256) == picture.jpeg
    assert len([one for one in (tmp_path / "photos").rglob("*") if one.is_file()]) == 2


def test_what_is_not_there_is_none_and_a_name_that_is_no_digest_reaches_no_disk(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, None)
    assert keeping.bytes_of("0" * 64) is None
    for name in ("../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/x", ""):
        with pytest.raises(ValueError, match="digest"):
            keeping.bytes_of(name)


def test_a_folder_that_cannot_be_written_is_told_without_its_name(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file where a folder should be")
    with pytest.raises(StoreAway) as found:
        Keeping(tmp_path, None).keep(a_picture())
    assert str(tmp_path) not in f"{found.value.told}"


def test_a_disk_that_is_full_is_told_and_leaves_no_half_a_picture(tmp_path: Path) -> None:
    picture, keeping = picture_of(jpeg(drawn(1500, 1500))), Keeping(tmp_path, None)
    # As a full disk does, the kernel takes the first bytes and no more.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(picture.thumbnail) // 2, before[1]))
    try:
        with pytest.raises(StoreAway):
            keeping.keep(picture)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert keeping.bytes_of(picture.sha256) is None
    keeping.keep(picture)
    assert keeping.bytes_of(picture.sha256) == picture.jpeg


@pytest.mark.parametrize("address", ["bucket", "http://elsewhere.example/x", "s3://", "s3://UPPER/x", "s3://b?x=1"])
def test_an_address_that_is_none_is_refused_at_the_start(tmp_path: Path, address: str) -> None:
    with pytest.raises(SetupMissing, match="ATLAS_PHOTOS"):
        Keeping(tmp_path, address)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of a server that speaks S3, with a bucket `town` in it."""
    program = shutil.which("moto_server", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert program, "moto_server is not installed (the tools for checking bring it)"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "s3.log").open("wb") as log:
        served = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                assert requests.put(f"{address}/town", timeout=5).status_code == 200
                break
            except requests.ConnectionError:
                assert time.monotonic() < until, (tmp_path / "s3.log").read_text()
                time.sleep(0.2)
        for name, value in (("AWS_ENDPOINT_URL", address), ("AWS_ACCESS_KEY_ID", "made-up"),
                            ("AWS_SECRET_ACCESS_KEY", "made-up"), ("AWS_REGION", "us-east-1")):  # fmt: skip
            monkeypatch.setenv(name, value)
        yield address
    finally:
        served.terminate()
        served.wait(timeout=20)


def test_a_store_that_speaks_s3_keeps_them_in_the_same_way(tmp_path: Path, s3: str) -> None:
    picture, keeping = a_picture(), Keeping(tmp_path, "s3://town/chumchon/photos")
    assert keeping.bytes_of(picture.sha256) is None
    keeping.keep(picture)
    keeping.keep(picture)
    assert keeping.bytes_of(picture.sha256) == picture.jpeg
    assert keeping.bytes_of(picture.sha256, thumbnail=True) == picture.thumbnail
    store = S3Store("town", endpoint=s3, client_options={"allow_http": True})
    found = sorted(one["path"] for part in store.list() for one in part)
    folder = f"chumchon/photos/{picture.sha256[:2]}/{picture.sha256[2:4]}"
    assert found == [f"{folder}/{picture.sha256}-320.jpg", f"{folder}/{picture.sha256}.jpg"]
    assert not (tmp_path / "photos").exists()


def test_a_bucket_that_is_not_there_is_told(tmp_path: Path, s3: str) -> None:
    with pytest.raises(StoreAway) as found:
        Keeping(tmp_path, "s3://no-such-bucket").keep(a_picture())
    assert "made-up" not in str(found.value.told)


def test_a_store_that_does_not_answer_is_told_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
        begun = time.monotonic()
        with pytest.raises(StoreAway):
            Keeping(tmp_path, "s3://town/photos").keep(a_picture())
        assert time.monotonic() - begun < 20
