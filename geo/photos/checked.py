"""A picture as somebody sent it, made into one that can be kept: looked into by content, small, and silent.

What a camera writes beside the picture (where, when, whose telephone, a little copy of what was cut away) is read for
the two things that a town needs, and nothing of it is kept in the file: the pixels are painted onto a new picture.
"""

from __future__ import annotations

import hashlib
import io
import logging
import struct
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from geo.errors import RefusedPhoto
from geo.photos.told import place_of, taken_at_of

# It tells each word that a camera wrote, the place too, to whoever logs everything.
logging.getLogger("PIL").setLevel(logging.WARNING)

MOST_BYTES = 20 * 1024**2
MOST_PIXELS = 50_000_000
LONGEST_SIDE, THUMB_SIDE = 2048, 320
QUALITY, THUMB_QUALITY = 82, 76
# A JPEG with a second picture behind it, as many telephones write it, is found by the first of these (MPO).
FORMATS = ("JPEG", "PNG", "WEBP")
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
# Everything that the readers of broken files are known to raise; a fault of ours is none of these.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError,
    struct.error, Image.DecompressionBombError,
)  # fmt: skip
# A picture of 50 megapixels takes 150 MB while it is looked at.
_AT_ONCE = BoundedSemaphore(2)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that can be kept: JPEG without anything beside the pixels, and what the camera told of it.

    `width`, `height` in pixels as one looks at it; `lon`, `lat` WGS 84 degrees; `taken_at` with its offset.
    """

    jpeg: bytes
    width: int
    height: int
    sha256: str
    thumbnail: bytes
    lon: float | None = None
    lat: float | None = None
    taken_at: datetime | None = None


def picture_of(sent: bytes) -> Picture:
    """The picture in these bytes (JPEG, PNG or WebP, whatever they are called); `RefusedPhoto` says what is wrong."""
    if not sent:
        raise RefusedPhoto("photo-empty", "ไฟล์ว่างเปล่า โปรดเลือกภาพใหม่", "The file is empty; choose the picture again")
    if len(sent) > MOST_BYTES:
        raise RefusedPhoto(
            "photo-too-large", f"ไฟล์ใหญ่เกิน {MOST_BYTES // 1024**2} MB โปรดย่อภาพก่อนส่ง",
            f"The file is larger than {MOST_BYTES // 1024**2} MB; make the picture smaller first",
        )  # fmt: skip
    with _AT_ONCE:
        return _looked_into(sent)


def _looked_into(sent: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as image:
            _check_pixels(image)
            place, taken_at = place_of(image), taken_at_of(image)
            upright = _upright(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise _of_another_kind(sent) from None
    except _BROKEN:
        raise RefusedPhoto(
            "photo-broken", "ไฟล์ภาพเสียหรือส่งมาไม่ครบ โปรดส่งใหม่",
            "The picture is broken or did not arrive whole; please send it again",
        ) from None  # fmt: skip
    kept = _within(upright, LONGEST_SIDE)
    jpeg = _written(kept, QUALITY)
    lon, lat = place or (None, None)
    return Picture(
        jpeg=jpeg, width=kept.width, height=kept.height, sha256=hashlib.sha256(jpeg).hexdigest(),
        thumbnail=_written(_within(kept, THUMB_SIDE), THUMB_QUALITY), lon=lon, lat=lat, taken_at=taken_at,
    )  # fmt: skip


def _check_pixels(image: Image.Image) -> None:
    """Before anything is unpacked: a file of some kilobytes can claim to be larger than the machine."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < 1:
        raise ValueError("a picture without pixels")


def _too_many_pixels() -> RefusedPhoto:
    most = MOST_PIXELS // 1_000_000
    return RefusedPhoto(
        "photo-too-many-pixels", f"ภาพละเอียดเกิน {most} ล้านพิกเซล โปรดย่อภาพก่อนส่ง",
        f"The picture has more than {most} megapixels; make it smaller first",
    )  # fmt: skip


def _of_another_kind(sent: bytes) -> RefusedPhoto:
    if sent[4:8] == b"ftyp" and sent[8:12] in _HEIF:
        return RefusedPhoto(
            "photo-heic",
            "ภาพ HEIC ยังเปิดไม่ได้ ใน iPhone ไปที่ การตั้งค่า > กล้อง > รูปแบบ แล้วเลือก “เข้ากันได้ที่สุด” แล้วถ่ายใหม่"
            " หรือส่งออกภาพเป็น JPEG",
            "HEIC pictures cannot be opened here. On an iPhone choose Settings > Camera > Formats > Most Compatible and"
            " take it again, or export the picture as JPEG",
        )
    return RefusedPhoto(
        "photo-unknown-kind", "ไฟล์นี้ไม่ใช่ภาพ JPEG, PNG หรือ WebP โปรดเลือกไฟล์ภาพ",
        "This is no JPEG, PNG or WebP picture; choose a picture",
    )  # fmt: skip


def _upright(image: Image.Image) -> Image.Image:
    """The first picture in the file, turned as the camera was held, in sRGB, without transparency."""
    if image.format in ("JPEG", "MPO"):
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    profile = image.info.get("icc_profile")
    turned = _turned(image)
    plain = _in_srgb(_eight_bits(turned), profile)
    return plain if plain.mode == "RGB" else _on_white(plain)


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        # What the camera wrote beside the picture is broken; the picture is not.
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen bits a pixel lose their lower half, not everything above the first 256 shades."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image


def _in_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """A camera's own colours become those that every screen assumes, because the profile does not stay."""
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            found = ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, *_BROKEN):
            return image
        return found or image
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    white.alpha_composite(seen)
    return white.convert("RGB")


def _within(image: Image.Image, side: int) -> Image.Image:
    """No longer than `side` pixels; a smaller one stays as it is."""
    longest = max(image.size)
    if longest <= side:
        return image
    size = tuple(max(1, round(length * side / longest)) for length in image.size)
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _written(image: Image.Image, quality: int) -> bytes:
    # Painted anew: what Pillow remembers of the file it came from (a comment, for one) would be written along.
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    buffer = io.BytesIO()
    bare.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()
