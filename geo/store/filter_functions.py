"""The SQL functions behind filters: folding of case and accents, and arithmetic that never fails.

PostgreSQL's `lower()` is no case folding (ß, ς and ligatures stay what they are) and `unaccent` is neither immutable
nor bounded to accents. Both sides of a comparison go through the same function, so that it does not matter which
edition of Unicode the tables below were made from; only letters newer than that stay as they are.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator

# Of Thai nothing is folded and its tone marks are no accents: the texts of most rows are done with one look.
_PLAIN = r"^[\u0001-\u007f\u0e00-\u0e7f]*$"
# The blocks of combining marks that are used with letters of Latin, Greek and Cyrillic.
_MARKS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_WITH = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH .*")


def _letters() -> Iterator[str]:
    beyond_ascii = (chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    return (one for one in beyond_ascii if not "\u0e00" <= one <= "\u0e7f")


def _spans(letters: list[str]) -> str:
    """The blocks in which letters lie, for a look that is quick: small gaps belong to them."""
    spans: list[list[int]] = []
    for code in map(ord, letters):
        if spans and code - spans[-1][1] <= 64:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in spans)


def _casefold() -> str:
    folded = [(one, one.casefold()) for one in _letters() if one.casefold() != one]
    single = [pair for pair in folded if len(pair[1]) == 1]
    words = "normalize($1, NFC)"
    for one, several in folded:
        if len(several) > 1:
            words = f"replace({words}, '{one}', '{several}')"
    return f"""
CREATE FUNCTION atlas_casefold(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF $1 ~ '{_PLAIN}' THEN
    RETURN lower($1 COLLATE "C");
  END IF;
  IF $1 !~ '[{_spans([one for one, _ in folded])}]' THEN
    RETURN normalize(lower($1 COLLATE "C"), NFC);
  END IF;
  RETURN normalize(lower(translate({words},
    '{"".join(one for one, _ in single)}',
    '{"".join(other for _, other in single)}') COLLATE "C"), NFC);
END $$
"""


def _unaccented() -> str:
    pairs = []
    for one in _letters():
        found = _WITH.fullmatch(unicodedata.name(one, ""))
        # What is a letter with its accent in one is taken apart by normalisation; a stroke through it is not.
        if found and not unicodedata.decomposition(one):
            pairs.append((one, found[2] if found[1] == "CAPITAL" else found[2].lower()))
    return f"""
CREATE FUNCTION atlas_unaccented(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF $1 ~ '{_PLAIN}' THEN
    RETURN $1;
  END IF;
  RETURN normalize(regexp_replace(translate(normalize($1, NFD),
    '{"".join(one for one, _ in pairs)}',
    '{"".join(other for _, other in pairs)}'), '{_MARKS}', '', 'g'), NFC);
END $$
"""


# What divides by zero, or grows or shrinks beyond what can be reckoned with quickly, is NULL: a row has no answer, and
# the others have theirs.
_RECKONED = """
CREATE FUNCTION atlas_reckoned(op text, a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  largest CONSTANT numeric := 1e150;
  found numeric;
  digits double precision;
BEGIN
  IF NOT (abs(a) < largest AND abs(b) < largest) THEN
    RETURN NULL;
  END IF;
  a := round(a, 40);
  b := round(b, 40);
  IF b = 0 AND op IN ('/', '%', 'div') THEN
    RETURN NULL;
  END IF;
  IF op = '^' THEN
    IF a = 0 OR b = 0 THEN
      RETURN CASE WHEN b = 0 THEN 1 WHEN b > 0 THEN 0 END;
    END IF;
    digits := log(abs(a)::double precision) * b::double precision;
    IF digits >= 150 OR (a < 0 AND b <> trunc(b)) THEN
      RETURN NULL;
    END IF;
    found := CASE WHEN digits < -40 THEN 0 ELSE power(a, b) END;
  ELSE
    found := CASE op WHEN '+' THEN a + b WHEN '-' THEN a - b WHEN '*' THEN a * b WHEN '/' THEN a / b
                     WHEN '%' THEN mod(a, b) ELSE div(a, b) END;
  END IF;
  RETURN CASE WHEN abs(found) < largest THEN round(found, 40) END;
END $$
"""


def filter_functions() -> tuple[str, ...]:
    """The statements that make them; all of Unicode is looked through for it, a second's work."""
    return _casefold(), _unaccented(), _RECKONED


FILTER_DROPS = (
    "DROP FUNCTION atlas_reckoned(text, numeric, numeric)",
    "DROP FUNCTION atlas_unaccented(text)",
    "DROP FUNCTION atlas_casefold(text)",
)
