"""Where pictures lie: by the digest of their bytes, in the town's own folder or in an S3-compatible store.

The same picture lies there once. On a disk of ours a picture is on the disk
before anybody is told that it is kept.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from geo.errors import SetupMissing, StoreAway
from geo.photos.checked import THUMB_SIDE, Picture

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_DIGEST = re.compile("[0-9a-f]{64}")
# A town's page waits for it: better to be told soon.
_RETRIES: RetryConfig = {"max_retries": 2, "retry_timeout": dt.timedelta(seconds=10)}


def path_of(sha256: str, *, thumbnail: bool = False) -> str:
    """`ab/cd/<sha256>.jpg`, or `…-320.jpg`."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError("not a digest")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{f'-{THUMB_SIDE}' if thumbnail else ''}.jpg"


class Keeping:
    """The store of a town's pictures."""

    def __init__(self, home: Path, address: str | None) -> None:
        """`address` is `s3://bucket/prefix`; None is `home/photos`. Nothing is opened or made before it is needed."""
        if address is not None and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^\s?#]*)?", address):
            raise SetupMissing(
                "ATLAS_PHOTOS ต้องเป็น s3://bucket/prefix หรือไม่ระบุ", "ATLAS_PHOTOS must be s3://bucket/prefix, or not set"
            )
        self._folder = home / "photos" if address is None else None
        self._address = address
        self._opened: LocalStore | S3Store | None = None

    def keep(self, picture: Picture) -> None:
        """Keep a picture and its thumbnail, durably; `StoreAway` where that cannot be done."""
        small = path_of(picture.sha256, thumbnail=True)
        with _told():
            # The picture last: where it lies its thumbnail lies too.
            for path, body in ((small, picture.thumbnail), (path_of(picture.sha256), picture.jpeg)):
                if self._size_of(path) != len(body):
                    self._store().put(path, body)
                self._put_on_disk(path)

    def bytes_of(self, sha256: str, *, thumbnail: bool = False) -> bytes | None:
        """What was kept; None where nothing lies under this digest."""
        with _told():
            try:
                return bytes(self._store().get(path_of(sha256, thumbnail=thumbnail)).bytes())
            except FileNotFoundError:
                return None

    def forget(self, sha256: str) -> None:
        """Take a picture and its thumbnail away; nothing happens where nothing lies under this digest."""
        with _told():
            # The picture first: what is cut short between the two is tried again whole.
            for path in (path_of(sha256), path_of(sha256, thumbnail=True)):
                with suppress(FileNotFoundError):
                    self._store().delete(path)

    def _size_of(self, path: str) -> int | None:
        with suppress(FileNotFoundError):
            return self._store().head(path)["size"]
        return None

    def _store(self) -> LocalStore | S3Store:
        if self._opened is None:
            if self._folder is not None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._opened = LocalStore(self._folder)
            else:
                assert self._address is not None
                # A store of the town's own may stand beside it without https; Amazon's is never asked so.
                plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
                options: ClientConfig = {"allow_http": plain, "connect_timeout": "3s", "timeout": "30s"}
                self._opened = S3Store.from_url(self._address, client_options=options, retry_config=_RETRIES)
        return self._opened

    def _put_on_disk(self, path: str) -> None:
        """The file, and every folder that tells of it, are where a loss of power does not reach them."""
        if self._folder is None:
            return
        place = self._folder / path
        while True:
            _synced(place)
            if place == self._folder.parent:
                return
            place = place.parent


def _synced(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told() -> Iterator[None]:
    """What the disk or the store says in its own words becomes words for people; a path of ours is in none of them."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreAway(
            "ที่เก็บภาพใช้ไม่ได้ในขณะนี้ (ดิสก์เต็มหรือเขียนไม่ได้) ยังไม่มีอะไรถูกบันทึก โปรดลองใหม่หรือแจ้งผู้ดูแลระบบ",
            "The store of pictures cannot be used just now (its disk is full or cannot be written); nothing has been"
            " kept, please try again or tell whoever looks after the system",
        ) from error
