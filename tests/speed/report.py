"""The benchmarks as a page: what was promised, what was measured, and whether it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing; `holds` is None where nothing was promised. `details` are told below the table."""

    what: str
    measured: str
    promised: str = ""
    holds: bool | None = None
    details: Sequence[str] = field(default=())


def report(
    figures: Sequence[Figure], machine: Sequence[tuple[str, str]], *, command: str, parcels: int, points: int,
    began: dt.datetime, note: str = "",
) -> str:  # fmt: skip
    """The page in Markdown."""
    marks = {True: "yes", False: "**no**", None: ""}
    lines = [
        "# Benchmarks",
        "",
        "Ratios measured side by side in one run, on a made-up town "
        f"of {parcels:,} parcels and {points:,} points: `{command}` (or `make bench`).",
        f"Begun {began:%Y-%m-%d %H:%M} UTC, {(dt.datetime.now(dt.UTC) - began).total_seconds() / 60:.0f} minutes.",
        "",
        "| what | measured | promised | holds |",
        "|---|---|---|---|",
        *(f"| {figure.what} | {figure.measured} | {figure.promised} | {marks[figure.holds]} |" for figure in figures),
        *(["", note] if note else []),
        "",
        "## How each was measured",
        "",
        *(f"- {detail}" for figure in figures for detail in figure.details),
        "",
        "## Machine",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in machine),
        "",
    ]
    return "\n".join(lines)
