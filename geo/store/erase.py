"""Taking the personal values out of a row and out of its past, at the person's request (section 33).

The row stays: its square, its community and what is counted of it are as before, so that no number moves and nobody
can see from the numbers that somebody left. Where it stood becomes the middle of its square. What identified it in
files is remembered as a keyed digest, so that the next file does not bring the person back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.layer import Layer
from geo.people.areas import Areas
from geo.personal import Nature
from geo.store.history import quoted
from geo.store.links import HAND
from geo.store.write import Act, begun_change, check_race, keep_version, newest_of, not_before

SEPARATOR = "\x1f"


def erase(
    session: Session, layer: Layer, fid: int, *, act: Act, request: int, areas: Areas | None,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Take out every personal value of a row, of one that has ended too; returns the version that now holds.

    `request` is the number in the register of requests; `UnknownFeature` where the row does not lie in `areas`.
    """
    if not layer.is_personal:
        raise BadRequest(f"ชั้น {layer.id} ไม่มีข้อมูลส่วนบุคคล", f"The layer {layer.id} holds no personal data")
    found = newest_of(session, layer, fid, areas)
    check_race(layer, fid, found.version, expected_version)
    act = not_before(act, found.since)
    _remember(session, layer, fid, act, request)
    if found.is_present:
        empty_rows(session, layer, [fid], tuple(Nature))
        change = begun_change(session, layer, "erase", act)
        keep_version(session, layer, fid, change, act, closed_as="update")
        open_next(session, layer, [fid], change, act)
    empty_past(session, layer, [fid])
    return found.version + (1 if found.is_present else 0)


def empty_rows(session: Session, layer: Layer, ids: Sequence[int], natures: Iterable[Nature]) -> None:
    """Take personal values out of present rows, without a new version."""
    parts = [f"{name} = {value}" for name, value in _emptied(layer, tuple(natures), history=False).items()]
    if parts and ids:
        session.execute(
            text(f"UPDATE {quoted(layer.id)} AS r SET {', '.join(parts)} WHERE id = ANY(:ids)"), {"ids": list(ids)}
        )


def empty_past(
    session: Session, layer: Layer, ids: Sequence[int], versions: Sequence[int] | None = None, *,
    natures: Iterable[Nature] = tuple(Nature),
) -> None:  # fmt: skip
    """Take personal values out of the closed versions of rows; of certain ones, one beside each id."""
    values = _emptied(layer, tuple(natures), history=True) | {"source_digest": "NULL"}
    parts = ", ".join(f"{name} = {value}" for name, value in values.items())
    which = "r.id = ANY(:ids)"
    if versions is not None:
        which = "(r.id, r.version) IN (SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS integer[])))"
    given = {"ids": list(ids)} | ({"versions": list(versions)} if versions is not None else {})
    session.execute(text(f"UPDATE {quoted(layer.history.name)} AS r SET {parts} WHERE {which}"), given)


def open_next(session: Session, layer: Layer, ids: Sequence[int], change: int, act: Act) -> None:
    """The next version of rows whose last one was kept."""
    session.execute(
        text(f"UPDATE {quoted(layer.id)} SET version = version + 1, change_id = :change, "
             "changed_at = greatest(:at, changed_at) WHERE id = ANY(:ids)"),
        {"change": change, "at": act.at, "ids": list(ids)},
    )  # fmt: skip


def _emptied(layer: Layer, natures: tuple[Nature, ...], *, history: bool) -> dict[str, str]:
    """What each column becomes, as SQL; `r` is the row."""
    values: dict[str, str] = {}
    for name in layer.personal(*natures):
        values[quoted(name)] = "NULL"
        if name in layer.links:
            # By hand, so that no later file or boundary links the row again.
            values[quoted(f"{name.removesuffix('_id')}_link")] = f"'{HAND}'"
    cells = layer.shape.cells
    if cells and Nature.PERSON in natures:
        values["geom"] = f"atlas_cell_centre(r.geom, {cells.metres})"
        # What is past is linked to nothing anew.
        for name in () if history else layer.links:
            if layer.fields[name].nature is None:
                values[quoted(f"{name.removesuffix('_id')}_link")] = f"'{HAND}'"
    return values


def _remember(session: Session, layer: Layer, fid: int, act: Act, request: int) -> None:
    """Write down that it was done, with a mark for each key that the row ever had."""
    tables = (quoted(layer.id), quoted(layer.history.name))
    found: set[tuple[str | None, str | None]] = set()
    for table in tables:
        for key in layer.keys if layer.shape.cells else ():
            columns = ", ".join(f"{quoted(name)}::text" for name in key)
            rows = session.execute(
                text(f"SELECT municipality, {columns} FROM {table} WHERE id = :id"), {"id": fid}
            ).all()
            found |= {(row[0], key_words(key, row[1:])) for row in rows if row[1]}
    if not found:
        found = {(None, None)}
    writing = text(
        "INSERT INTO erased_row (layer, row_id, municipality, mark, request_id, made_at, made_by) "
        "VALUES (:layer, :row, CAST(:town AS text), CASE WHEN CAST(:key AS text) IS NULL THEN NULL ELSE "
        "atlas_mark(:layer, CAST(:town AS text), CAST(:key AS text)) END, :request, :at, :by)"
    )
    for town, words in sorted(found, key=str):
        session.execute(writing, {"layer": layer.id, "row": fid, "town": town, "key": words, "request": request,
                                  "at": act.at, "by": act.by})  # fmt: skip


def key_words(names: Sequence[str], values: Sequence[object]) -> str:
    """What identifies a row in files, as the words that a mark is made of."""
    return SEPARATOR.join(f"{name}={'' if value is None else value}" for name, value in zip(names, values, strict=True))


def erased(session: Session, layer: Layer, towns: Sequence[str | None], keys: Sequence[str]) -> list[bool]:
    """Which of these keys belong to rows that were erased, in their order."""
    asked = text("SELECT atlas_erased(:layer, CAST(:towns AS text[]), CAST(:keys AS text[]))")
    return list(session.scalar(asked, {"layer": layer.id, "towns": list(towns), "keys": list(keys)}) or [])
