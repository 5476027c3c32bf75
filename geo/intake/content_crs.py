"""The coordinate system in which a program sends shapes, as the header `Content-Crs` says it (Features, Part 2)."""

from __future__ import annotations

import re

from geo.errors import BadRequest
from geo.shapes.served import CRS84, Served, served_crs

_HEADER = re.compile(r"\s*<?([^<>\s]+)>?\s*")


def crs_in(header: str | None) -> Served:
    """The system that a header names; CRS84 where there is none."""
    if header is None:
        return CRS84
    found = _HEADER.fullmatch(header)
    if found is None:
        raise BadRequest(
            "Content-Crs ต้องเป็น URI ในวงเล็บ <…>", "Content-Crs must be a URI between angle brackets: <http://…>"
        )
    return served_crs(found.group(1), "Content-Crs")
