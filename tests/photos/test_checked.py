"""Pictures are told by content, made upright, small and silent; what is wrong with one is said in words."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import logging
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.ExifTags import GPS

from geo.errors import RefusedPhoto
from geo.people.grants import BANGKOK
from geo.photos.checked import LONGEST_SIDE, MOST_BYTES, THUMB_SIDE, Picture, picture_of
from geo.photos.told import moment_in, place_in
from tests.photos.pictures import (
    EAST,
    NORTH,
    SECRET,
    WHEN,
    at,
    drawn,
    exif,
    jpeg,
    opened,
    over_nought,
    png,
    segments,
    webp,
)

HAT_YAI = (100.4729, 7.016)
# The readers of pictures warn of what is wrong with them; that it is refused or mended is what is looked at here.
pytestmark = pytest.mark.filterwarnings("default::UserWarning:PIL")


def refused(body: bytes) -> RefusedPhoto:
    with pytest.raises(RefusedPhoto) as found:
        picture_of(body)
    assert found.value.told.th
    assert found.value.told.en
    return found.value


def is_red(pixel: Any) -> bool:
    return bool(pixel[0] > 150 and pixel[2] < 100)


def is_blue(pixel: Any) -> bool:
    return bool(pixel[0] < 100 and pixel[2] > 150)


@pytest.mark.parametrize("made", [jpeg, png, webp])
def test_where_and_when_are_read_and_then_gone_to_the_last_byte(made: Any) -> None:
    sent = made()
    assert SECRET in sent or made is png
    picture = picture_of(sent)
    assert (picture.lon, picture.lat) == pytest.approx(HAT_YAI, abs=1e-4)
    assert picture.taken_at == dt.datetime(2026, 3, 1, 14, 30, tzinfo=BANGKOK)
    for body in (picture.jpeg, picture.thumbnail):
        assert SECRET not in body
        for word in (b"Exif", b"http://ns.adobe", b"xmpmeta", b"Photoshop", b"8BIM", b"ICC_PROFILE", b"2026:03:01"):
            assert word not in body, word
        # APP0 is the density that every JPEG has; then tables, and nothing else of APP1-APP15 or a comment.
        assert {marker for marker, _ in segments(body) if 0xE0 <= marker <= 0xEF or marker == 0xFE} == {0xE0}
        found = opened(body)
        assert (dict(found.getexif()), "comment" in found.info, "icc_profile" in found.info) == ({}, False, False)
    assert picture.sha256 == hashlib.sha256(picture.jpeg).hexdigest()


def test_what_a_camera_wrote_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    sent = [made() for made in (jpeg, png, webp)]
    with caplog.at_level(logging.DEBUG):
        for one in sent:
            picture_of(one)
    assert caplog.text == ""


def test_the_same_picture_becomes_the_same_bytes() -> None:
    sent = jpeg()
    assert picture_of(sent) == picture_of(sent)


@pytest.mark.parametrize(("size", "kept"), [
    ((4000, 3000), (2048, 1536)), ((3000, 4000), (1536, 2048)), ((640, 480), (640, 480)), ((9000, 3), (2048, 1)),
    ((1, 1), (1, 1)), ((2049, 2048), (2048, 2047)),
])  # fmt: skip
def test_a_picture_is_no_longer_than_it_need_be(size: tuple[int, int], kept: tuple[int, int]) -> None:
    picture = picture_of(jpeg(drawn(*size)))
    assert (picture.width, picture.height) == kept == opened(picture.jpeg).size
    assert max(picture.width, picture.height) <= LONGEST_SIDE
    assert max(opened(picture.thumbnail).size) == min(THUMB_SIDE, max(kept))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_the_camera_was_held(orientation: int) -> None:
    upright = drawn(400, 200)
    undo = {2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180], 4: [Image.Transpose.FLIP_TOP_BOTTOM],
            5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90], 7: [Image.Transpose.TRANSVERSE],
            8: [Image.Transpose.ROTATE_270]}  # fmt: skip
    stored = upright
    for way in undo.get(orientation, []):
        stored = stored.transpose(way)
    picture = picture_of(jpeg(stored, exif=exif(orientation=orientation)))
    assert (picture.width, picture.height) == (400, 200)
    found = opened(picture.jpeg)
    assert is_red(found.getpixel((150, 150)))
    assert is_blue(found.getpixel((350, 150)))
    assert min(found.getpixel((10, 10))) > 200  # type: ignore[arg-type]  # a pixel of three numbers


@pytest.mark.parametrize(
    ("gps", "place"),
    [
        (at(NORTH, EAST), HAT_YAI), (at(NORTH, EAST, north="S", east="W"), (-100.4729, -7.016)),
        (at((7.016, 0.0, 0.0), (100.4729, 0.0, 0.0)), HAT_YAI), (at((7.0, 0.96, 0.0), (100.0, 28.374, 0.0)), HAT_YAI),
        ({}, None), ({GPS.GPSLatitude: NORTH, GPS.GPSLatitudeRef: "N"}, None),
        ({GPS.GPSLatitude: NORTH, GPS.GPSLongitude: EAST}, None), (at(NORTH, EAST, north="X"), None),
        (at((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), None),
        (at((91.0, 0.0, 0.0), EAST), None), (at(NORTH, (181.0, 0.0, 0.0)), None), (at((7.0, 75.0, 0.0), EAST), None),
        (at((over_nought(), 0.0, 0.0), EAST), None), (at(NORTH, (100.0, 28.0, over_nought())), None),
    ],
)  # fmt: skip
def test_a_place_that_makes_no_sense_is_no_place(gps: dict[int, Any], place: tuple[float, float] | None) -> None:
    picture = picture_of(jpeg(exif=exif(gps=gps)))
    found = (picture.lon, picture.lat)
    assert found == (pytest.approx(place, abs=1e-4) if place else (None, None))


@pytest.mark.parametrize(
    ("when", "offset", "taken_at"),
    [
        (WHEN, None, dt.datetime(2026, 3, 1, 14, 30, tzinfo=BANGKOK)),
        (WHEN, "+00:00", dt.datetime(2026, 3, 1, 14, 30, tzinfo=dt.UTC)),
        (WHEN, "-03:30", dt.datetime(2026, 3, 1, 18, 0, tzinfo=dt.UTC)),
        (WHEN, "+99:00", dt.datetime(2026, 3, 1, 14, 30, tzinfo=BANGKOK)),
        ("2569:03:01 14:30:00", None, dt.datetime(2026, 3, 1, 14, 30, tzinfo=BANGKOK)),
        ("0000:00:00 00:00:00", None, None), ("2026:02:30 10:00:00", None, None), ("1970:01:01 00:00:00", None, None),
        ("    :  :     :  :  ", None, None), ("yesterday", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_a_time_is_read_in_either_era_and_nonsense_is_none(
    when: str | None, offset: str | None, taken_at: dt.datetime | None
) -> None:
    assert picture_of(jpeg(exif=exif(when=when, offset=offset))).taken_at == taken_at


def test_what_a_device_says_is_read_in_the_same_way() -> None:
    assert moment_in("2026-03-01T14:30:00Z") == dt.datetime(2026, 3, 1, 14, 30, tzinfo=dt.UTC)
    assert moment_in("2569-03-01T14:30:00+07:00") == dt.datetime(2026, 3, 1, 14, 30, tzinfo=BANGKOK)
    assert place_in(float("nan"), 7.0) is None
    assert place_in(180.0, -90.0) == (180.0, -90.0)


@pytest.mark.parametrize(("body", "code"), [
    (b"", "photo-empty"), (b"hello", "photo-unknown-kind"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>",
     "photo-unknown-kind"), (b"\0\0\0\x18ftypheic" + b"\0" * 64, "photo-heic"),
    (b"\0\0\0\x18ftypmif1" + b"\0" * 64, "photo-heic"), (b"GIF89a" + b"\0" * 64, "photo-unknown-kind"),
    (b"%PDF-1.7 " + b"\0" * 64, "photo-unknown-kind"), (b"\xff\xd8\xff\xe0", "photo-unknown-kind"),
    (b"\xff" * (MOST_BYTES + 1), "photo-too-large"),
])  # fmt: skip
def test_what_is_no_picture_of_ours_is_refused_by_name(body: bytes, code: str) -> None:
    assert refused(body).code == code


def test_an_iphones_picture_is_refused_with_what_to_do() -> None:
    said = refused(b"\0\0\0\x18ftypheic" + b"\0" * 64).told
    assert "Most Compatible" in said.en
    assert "เข้ากันได้ที่สุด" in said.th


def test_a_gif_and_a_tiff_are_not_taken_whatever_they_are_called() -> None:
    for kind in ("GIF", "TIFF", "BMP"):
        buffer = io.BytesIO()
        drawn().save(buffer, kind)
        assert refused(buffer.getvalue()).code == "photo-unknown-kind"


@pytest.mark.parametrize("made", [jpeg, png, webp])
def test_a_picture_that_did_not_arrive_whole_is_refused(made: Any) -> None:
    whole = made(drawn(900, 700, seed=7))
    assert refused(whole[: len(whole) * 2 // 3]).code in ("photo-broken", "photo-unknown-kind")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def part(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    for width, height in ((7100, 7100), (12_000, 12_000), (60_000, 60_000)):
        size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
        bomb = (
            b"\x89PNG\r\n\x1a\n" + part(b"IHDR", size) + part(b"IDAT", zlib.compress(b"\0" * 99)) + part(b"IEND", b"")
        )
        assert refused(bomb).code == "photo-too-many-pixels"


def test_a_text_that_unpacks_to_more_than_it_should_is_refused() -> None:
    words = zlib.compress(b"a" * 80_000_000)
    body = b"Comment\0\0" + words
    part = len(body).to_bytes(4, "big") + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4, "big")
    whole = png()
    assert refused(whole[:33] + part + whole[33:]).code in ("photo-broken", "photo-unknown-kind")


def test_of_a_moving_picture_the_first_is_kept() -> None:
    red, green = Image.new("RGB", (64, 64), (220, 10, 10)), Image.new("RGB", (64, 64), (10, 220, 10))
    for kind in ("WEBP", "PNG"):
        buffer = io.BytesIO()
        red.save(buffer, kind, save_all=True, append_images=[green])
        assert is_red(opened(picture_of(buffer.getvalue()).jpeg).getpixel((32, 32)))
    buffer = io.BytesIO()
    red.save(buffer, "MPO", save_all=True, append_images=[green])
    picture = picture_of(buffer.getvalue())
    assert is_red(opened(picture.jpeg).getpixel((32, 32)))
    assert b"MPF" not in picture.jpeg


def test_other_ways_of_saying_colours_become_the_usual_one() -> None:
    for mode in ("L", "CMYK"):
        assert opened(picture_of(jpeg(drawn(mode=mode))).jpeg).mode == "RGB"
    for mode in ("L", "LA", "P", "1", "RGBA"):
        assert opened(picture_of(png(drawn(mode=mode))).jpeg).mode == "RGB"
    # Through glass one sees white, not black.
    clear = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert min(opened(picture_of(png(clear)).jpeg).getpixel((25, 25))) > 250  # type: ignore[arg-type]
    deep = Image.new("I;16", (50, 50), 32768)
    assert opened(picture_of(png(deep)).jpeg).getpixel((25, 25)) == (128, 128, 128)


def test_a_cameras_own_colours_are_turned_into_everybodys() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = picture_of(jpeg(icc_profile=lab))
    assert is_red(opened(picture.jpeg).getpixel((150, 300)))
    assert b"ICC_PROFILE" not in picture.jpeg
    # A profile that is none stops nothing.
    assert is_red(opened(picture_of(jpeg(icc_profile=b"not a profile")).jpeg).getpixel((150, 300)))


WHOLE = [jpeg(drawn(60, 40)), png(drawn(60, 40)), webp(drawn(60, 40))]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    which=st.sampled_from(WHOLE), cut=st.floats(0.02, 1),
    spoilt=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=12),
)  # fmt: skip
def test_whatever_is_broken_a_picture_is_taken_or_refused_in_words(
    which: bytes, cut: float, spoilt: list[tuple[float, int]]
) -> None:
    body = bytearray(which)
    for place, value in spoilt:
        body[int(place * len(body))] = value
    told = taken_or_refused(bytes(body[: int(len(body) * cut)]))
    if isinstance(told, str):
        assert told in ("photo-broken", "photo-unknown-kind", "photo-too-many-pixels")
    else:
        assert SECRET not in told.jpeg + told.thumbnail
        assert opened(told.jpeg).size == (told.width, told.height)


def taken_or_refused(body: bytes) -> Picture | str:
    try:
        return picture_of(body)
    except RefusedPhoto as refusal:
        return refusal.code


def test_many_at_once_are_what_they_are_one_by_one() -> None:
    sent = [jpeg(drawn(1200, 900, seed=number)) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found: list[Picture] = list(pool.map(picture_of, sent))
    assert [one.sha256 for one in found] == [picture_of(one).sha256 for one in sent]
    assert len({one.sha256 for one in found}) == 12
