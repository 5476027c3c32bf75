"""Pictures as cameras write them, made in the test: with a place, a time, and words that nobody should find again."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

SECRET = b"secret-camera-words"
# 7°0'57.6"N 100°28'22.44"E: in Hat Yai.
NORTH, EAST = (7.0, 0.0, 57.6), (100.0, 28.0, 22.44)
WHEN = "2026:03:01 14:30:00"


def drawn(width: int = 640, height: int = 480, *, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A picture with a red left half, a blue right half, and a white square in its upper left corner."""
    image = Image.new("RGB", (width, height), (10, 40 + seed * 10, 200))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 2, height), fill=(200, 20, 30))
    pen.rectangle((0, 0, width // 8, height // 8), fill=(255, 255, 255))
    return image.convert(mode)


def exif(*, gps: dict[int, Any] | None = None, when: str | None = WHEN, offset: str | None = None,
         orientation: int | None = None) -> Image.Exif:  # fmt: skip
    """What a camera writes; `gps` None is the place in Hat Yai, an empty one is none."""
    found = Image.Exif()
    found[Base.Make] = SECRET.decode()
    found[Base.ImageDescription] = SECRET.decode()
    if orientation:
        found[Base.Orientation] = orientation
    details = found.get_ifd(IFD.Exif)
    if when:
        details[Base.DateTimeOriginal] = when
    if offset:
        details[Base.OffsetTimeOriginal] = offset
    details[Base.UserComment] = b"ASCII\0\0\0" + SECRET
    here: dict[int, Any] = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: NORTH,
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: EAST,
    }
    found.get_ifd(IFD.GPSInfo).update(here if gps is None else gps)
    return found


def at(lat: tuple[Any, ...], lon: tuple[Any, ...], *, north: str = "N", east: str = "E") -> dict[int, Any]:
    """A place as cameras write it."""
    return {GPS.GPSLatitudeRef: north, GPS.GPSLatitude: lat, GPS.GPSLongitudeRef: east, GPS.GPSLongitude: lon}


def over_nought() -> IFDRational:
    """A number that a camera without a fix writes: something over nought."""
    return IFDRational(7, 0)


def jpeg(image: Image.Image | None = None, **how: Any) -> bytes:
    """A photograph with words in every place a JPEG has for them."""
    words = {"exif": exif(), "comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>",
             "icc_profile": b""}  # fmt: skip
    buffer = io.BytesIO()
    (image or drawn()).save(buffer, "JPEG", **({"quality": 90} | words | how))
    return _with_iptc(buffer.getvalue())


def _with_iptc(body: bytes) -> bytes:
    """The caption of a press photograph, in the segment where Photoshop keeps it."""
    record = b"\x1c\x02\x78" + len(SECRET).to_bytes(2, "big") + SECRET
    block = b"8BIM\x04\x04\x00\x00" + len(record).to_bytes(4, "big") + record + b"\x00" * (len(record) % 2)
    segment = b"Photoshop 3.0\x00" + block
    return body[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + body[2:]


def png(image: Image.Image | None = None, **how: Any) -> bytes:
    """The same as a PNG, with texts of all three kinds."""
    words = PngInfo()
    words.add_text("Comment", SECRET.decode())
    words.add_text("Description", SECRET.decode(), zip=True)
    words.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    buffer = io.BytesIO()
    (image or drawn()).save(buffer, "PNG", pnginfo=words, exif=exif(), **how)
    return buffer.getvalue()


def webp(image: Image.Image | None = None, **how: Any) -> bytes:
    """The same as a WebP."""
    buffer = io.BytesIO()
    (image or drawn()).save(buffer, "WEBP", exif=exif(), xmp=SECRET, **how)
    return buffer.getvalue()


def opened(body: bytes) -> Image.Image:
    """A picture to look at."""
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def segments(body: bytes) -> list[tuple[int, bytes]]:
    """The marker and the content of each part of a JPEG before its pixels."""
    found, place = [], 2
    while body[place + 1] != 0xDA:
        length = int.from_bytes(body[place + 2 : place + 4], "big")
        found.append((body[place + 1], body[place + 4 : place + 2 + length]))
        place += 2 + length
    return found
