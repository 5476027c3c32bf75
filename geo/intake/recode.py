"""DBF text from the bytes that were in the file.

GDAL is asked to read a DBF as Latin-1, in which every byte is a letter, so that nothing is lost or guessed
on the way; the bytes are then read once more in the encoding that all of them together showed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

PASSED_THROUGH = "ISO-8859-1"


def recoded(values: pa.Array[Any], encoding: str) -> pa.Array[Any]:
    """A text column that was read as Latin-1, read in its own encoding."""
    offsets, letters = _buffers(values)
    if not len(letters) or int(letters.max()) < 0x80:
        return values
    # A byte of 10xxxxxx continues a letter; the others are counted to find where each cell's bytes begin.
    starts = np.concatenate(([0], np.cumsum((letters & 0xC0) != 0x80)))[offsets]
    raw = letters.tobytes().decode("utf-8").encode("latin-1")
    if encoding == "UTF-8":
        whole = _array(starts, raw, values)
        return whole if _is_utf8(whole) else _cell_by_cell(starts, raw, values, encoding)
    widths = _widths(encoding)
    if widths is None:
        return _cell_by_cell(starts, raw, values, encoding)
    ends = np.concatenate(([0], np.cumsum(widths[np.frombuffer(raw, dtype=np.uint8)])))[starts]
    return _array(ends, raw.decode(encoding, "replace").encode(), values)


def recoded_name(name: str, encoding: str) -> str:
    """A field name that was read as Latin-1; a letter that the ten bytes cut in half is left out."""
    try:
        raw = name.encode("latin-1")
    except UnicodeEncodeError:  # GDAL had understood it already
        return name
    return _text(raw, encoding)


def _buffers(values: pa.Array[Any]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    _, places, data = values.buffers()
    if not len(values) or places is None or data is None:
        return np.zeros(len(values) + 1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(memoryview(places), dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    letters = np.frombuffer(memoryview(data), dtype=np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], letters


def _array(offsets: NDArray[Any], data: bytes, like: pa.Array[Any]) -> pa.Array[Any]:
    places = pa.py_buffer(np.ascontiguousarray(offsets, dtype=np.int32).tobytes())
    nulls = like.is_null()
    present = pa.py_buffer(np.packbits(~nulls.to_numpy(zero_copy_only=False), bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.string(), len(like), [present, places, pa.py_buffer(data)])


def _is_utf8(values: pa.Array[Any]) -> bool:
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _cell_by_cell(starts: NDArray[Any], raw: bytes, like: pa.Array[Any], encoding: str) -> pa.Array[Any]:
    ends = starts.tolist()
    nulls = like.is_null().to_pylist()
    return pa.array(
        [None if null else _text(raw[a:b], encoding) for a, b, null in zip(ends, ends[1:], nulls, strict=False)],
        pa.string(),
    )


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as fault:
        if fault.reason == "unexpected end of data":
            return raw[: fault.start].decode(encoding, "replace")
        return raw.decode(encoding, "replace")


@lru_cache(maxsize=8)
def _widths(encoding: str) -> NDArray[np.int64] | None:
    """How many UTF-8 bytes each byte becomes in an encoding of single bytes; None for the others."""
    try:
        letters = [bytes([byte]).decode(encoding, "replace") for byte in range(256)]
    except LookupError:
        return None
    if any(len(letter) != 1 for letter in letters) or len(set(letters)) < 128 or letters[0xE0] == letters[0x81]:
        return None
    return np.array([len(letter.encode()) for letter in letters], dtype=np.int64)
