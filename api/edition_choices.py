"""How a sent file is to be opened where it does not say so: chosen on its page, from what it was refused with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from api.people.forms import ticked
from geo.errors import Text
from geo.intake.editions.work import as_json, from_json
from geo.store.editions_tables import Edition

# What a refusal offers, in the words of the command line: `--crs EPSG:24047 · Indian 1975 …`.
_OFFERED = re.compile(r"--(crs|encoding|sheet|anywhere)(?: (.*?))?(?: · (.*))?", re.DOTALL)
SAID = ("crs", "encoding", "sheet")
MOST_LETTERS = 200


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One way to have a refused file taken: what the form then says, or only words where a form cannot say it."""

    label: Text
    name: str | None = None
    value: str = "1"


def choices_of(told: Iterable[Mapping[str, str]]) -> list[Choice]:
    """The choices of a refusal as a page offers them."""
    return [_choice(one["th"], one["en"]) for one in told]


def _choice(th: str, en: str) -> Choice:
    thai, english = _OFFERED.fullmatch(th), _OFFERED.fullmatch(en)
    if thai is None or english is None or thai[1] != english[1]:
        return Choice(label=Text(th, en))
    value = english[2] or "1"
    parts = [(value, found[3]) if english[2] else (found[3],) for found in (thai, english)]
    thai_label, english_label = (" · ".join(one for one in part if one) for part in parts)
    return Choice(label=Text(thai_label, english_label), name=english[1], value=value)


def take_options(session: Session, edition: Edition, form: dict[str, str]) -> None:
    """Open the file in another way from now on; a field that is left empty is for the file itself to say.

    Its columns are then proposed anew: in another encoding or of another sheet they have other names.
    """
    options = from_json(edition.options)
    said: dict[str, Any] = {name: form[name].strip()[:MOST_LETTERS] or None for name in SAID if name in form}
    if "anywhere" in form:
        said["anywhere"] = ticked(form, "anywhere")
    edition.options = as_json(replace(options, **said, map={}, left_out=()))
    session.flush()
