"""JSON bodies of programs: of a known kind, no larger than is read at once, and nothing in them that JSON leaves open.

A name given twice, NaN and numbers without end are refused, because every reader takes them otherwise.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from fastapi import Request

from geo.errors import BadRequest, TooBig, UnreadableKind

MOST_BYTES = 8 * 1024**2
LONGEST_NUMBER = 400
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]")
GEOJSON, JSON, MERGE_PATCH = "application/geo+json", "application/json", "application/merge-patch+json"


class _Twice(ValueError):
    """A name that stands twice in one object."""


def check_kind(request: Request, kinds: tuple[str, ...]) -> None:
    """Refuse a body that does not say what it is (400), or says that it is something else (415)."""
    said = request.headers.get("content-type")
    if not said:
        raise BadRequest(f"ต้องมี Content-Type: {kinds[0]}", f"Content-Type is needed: {kinds[0]}")
    kind, _, parameters = said.partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2].partition(";")[0]
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if kind.strip().lower() not in kinds or charset not in ("", "utf-8", "utf8") or packed != "identity":
        raise UnreadableKind(
            f"รับเฉพาะ {', '.join(kinds)} ใน UTF-8", f"only {', '.join(kinds)} in UTF-8 is read here, and not packed"
        )


async def body_of(request: Request) -> bytes:
    """The body; no more of it is read than is allowed."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > MOST_BYTES:
        raise _too_big()
    parts, seen = [], 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > MOST_BYTES:
            raise _too_big()
        parts.append(chunk)
    return b"".join(parts)


def _too_big() -> TooBig:
    megabytes = MOST_BYTES // 1024**2
    return TooBig(
        f"คำขอใหญ่เกิน {megabytes} MB แบ่งเป็นหลายคำขอ หรือใช้ POST /imports",
        f"The request is larger than {megabytes} MB; send several, or a file to POST /imports",
    )


def document_in(body: bytes) -> Any:
    """The JSON document; numbers with a point keep all of their digits."""
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_float=_decimal, parse_constant=_no_number
        )
        # Half of a character, which no answer could repeat and no column hold.
        if _HALVES.search(body) and not _is_whole(found):
            raise ValueError("half a character")
        return found
    except _Twice as twice:
        raise BadRequest(
            f"JSON: มีชื่อ {str(twice)!r} มากกว่าหนึ่งครั้ง", f"JSON: the name {str(twice)!r} is given more than once"
        ) from None
    except RecursionError:
        raise BadRequest("JSON: ซ้อนกันลึกเกินไป", "JSON: nested too deeply") from None
    except (ValueError, ArithmeticError):
        raise BadRequest("อ่านเนื้อหาเป็น JSON (UTF-8) ไม่ได้", "The body cannot be read as JSON in UTF-8") from None


def _is_whole(found: Any) -> bool:
    if isinstance(found, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in found)
    if isinstance(found, dict):
        return all(_is_whole(name) and _is_whole(value) for name, value in found.items())
    return not isinstance(found, list) or all(map(_is_whole, found))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1)[:80])
    return found


def _decimal(written: str) -> Decimal:
    number = Decimal(written) if len(written) <= LONGEST_NUMBER else Decimal("Infinity")
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError("a number without end")
    return number


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number of JSON")
