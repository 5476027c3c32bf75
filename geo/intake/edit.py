"""Features added, replaced, changed and ended by a program: one or many, in one transaction, all or none.

What a file goes through a program's features go through too: the same reading of values, the same mending of shapes,
towns and links by location, the same refusal of what was erased. One that is wrong is refused, and all of them with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.errors import BadRequest, LostRace, NeedsCondition, NotYours, Problem, RefusedFeature
from geo.intake.checking import check_extent
from geo.intake.drawn import place
from geo.intake.kept_out import refuse_erased, tell_grounds
from geo.intake.living import begun, keep_to_life
from geo.intake.where import belong
from geo.intake.work import MOST_AT_ONCE, Action, Editor, Outcome, Work
from geo.intake.written import Draft, drafted
from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.links import relink
from geo.store.present import Present, check, has_same_key, held
from geo.store.read import no_such
from geo.store.tables import Change
from geo.store.unlink import is_linked_to, let_go_of
from geo.store.write import Act, add, amend, close


def carry_out(
    session: Session, layer: Layer, layers: Mapping[str, Layer], actions: Sequence[Action], editor: Editor, *, act: Act,
    is_list: bool = False,
) -> tuple[list[Outcome], list[Problem]]:  # fmt: skip
    """Do all of it; what became of each, in their order, and what should be known of it (by place, of a list)."""
    rows = held(session, layer, _ids(actions), editor.areas)
    _check_expectations(session, layer, actions, rows, editor)
    works = [_begun(layer, action, rows, editor) for action in actions]
    place(layer, works, editor.crs)
    for work in works:
        # The owner of the machine says what is verified, as a file does; everybody else is one person of two.
        if editor.areas is not None:
            keep_to_life(layer, work)
        if editor.draws_by_hand:
            check_extent(layer, work)
    belong(session, layer, layers, works, editor.areas, editor.towns_of)
    refuse_erased(session, layer, works)
    problems = [replace(one, index=index if is_list else None) for index, work in enumerate(works)
                for one in (*work.action.problems, *work.draft.problems)]  # fmt: skip
    if wrong := [one for one in problems if one.level == "error"]:
        raise _refused(wrong)
    _check_places(layer, works, editor)
    _check_new(session, layer, works)
    problems += tell_grounds(session, layer, works, on=act.at)
    done = [_done(session, layer, layers, work, editor, act) for work in works]
    _follow(session, layer, layers, works, act)
    return _outcomes(session, layer, done, act), problems


def _ids(actions: Sequence[Action]) -> list[int]:
    ids = [action.fid for action in actions if action.fid is not None]
    if len(set(ids)) < len(ids):
        raise BadRequest("มีรายการเดียวกันมากกว่าหนึ่งครั้งในคำขอ", "The same feature is named more than once")
    return ids


def _check_expectations(
    session: Session, layer: Layer, actions: Sequence[Action], rows: Mapping[int, Present], editor: Editor
) -> None:
    for action in actions:
        if action.fid is None:
            continue
        row = rows.get(action.fid)
        if row is None:
            raise _missing(layer, action, editor)
        check(session, layer, row, action.condition)
        if layer.locking and not action.condition.says_which:
            raise NeedsCondition(
                f"ชั้น {layer.id} แก้ได้เมื่อระบุรุ่นที่เห็น ด้วย If-Match (ETag) หรือ If-Unmodified-Since",
                f"{layer.id} is changed only with If-Match (the ETag that was read) or If-Unmodified-Since",
            )


def _missing(layer: Layer, action: Action, editor: Editor) -> Exception:
    assert action.fid is not None
    if editor.areas is not None and editor.sees(action.fid):
        return NotYours(
            f"{layer.id}/{action.fid} อยู่นอกพื้นที่ตามสิทธิ์ของท่าน",
            f"{layer.id}/{action.fid} lies outside the area of your grant",
        )
    if action.condition.matches:
        # 20-002r2, put-rid-exception B: what is expected to be there is not.
        told = no_such(layer, action.fid).told
        return LostRace(told.th, told.en)
    return no_such(layer, action.fid)


def _begun(layer: Layer, action: Action, rows: Mapping[int, Present], editor: Editor) -> Work:
    row = rows.get(action.fid) if action.fid is not None else None
    if action.do == "delete":
        return Work(action=action, row=row, draft=Draft())
    present = row.values if row else {}
    draft = drafted(layer, editor.shown, action.properties, doing=action.do, handling=editor.handling, present=present)
    # Of what they do not see nobody can have left it out.
    return Work(action=action, row=row, draft=draft, links=frozenset(layer.links) & editor.shown)


def _refused(wrong: Sequence[Problem]) -> RefusedFeature:
    first, more = wrong[0], len(wrong) - 1
    where = f"{first.column}: " if first.column else ""
    return RefusedFeature(
        f"{where}{first.told.th}" + (f" (และอีก {more:,} ข้อ ดู problems)" if more else ""),
        f"{where}{first.told.en}" + (f" (and {more:,} more, see problems)" if more else ""),
        problems=tuple(wrong[:MOST_AT_ONCE]),
    )


def _check_places(layer: Layer, works: Sequence[Work], editor: Editor) -> None:
    """The first lock; PostgreSQL's policies say the same, and know shared ground."""
    areas = editor.areas
    if areas is None or areas.shared:
        return
    for work in works:
        town = work.draft.town
        if work.action.do != "delete" and town not in areas.towns and work.community_of(layer) not in areas.communities:
            raise NotYours(
                f"อยู่นอกพื้นที่ตามสิทธิ์ของท่าน (เทศบาล {town})", f"It lies outside the area of your grant (municipality {town})"
            )


def _check_new(session: Session, layer: Layer, works: Sequence[Work]) -> None:
    """`If-None-Match: *` where something is made: none may be there that goes by the same key."""
    for work in works:
        asked = work.row is None and work.action.condition.absent
        if asked and has_same_key(session, layer, work.draft.town, work.draft.words):
            raise LostRace(f"มี {layer.id} ที่ใช้รหัสเดียวกันอยู่แล้ว", f"There is a {layer.id} of the same key already")


def _done(session: Session, layer: Layer, layers: Mapping[str, Layer], work: Work, editor: Editor, act: Act) -> Outcome:
    action, row, draft = work.action, work.row, work.draft
    words = {**draft.words, **draft.links, "municipality": draft.town}
    if row is None:
        fid = add(session, layer, words, work.shape, act=act, found=work.found)
        begun(session, layer, fid, work.draft, work.community_of(layer), act)
        return Outcome(id=fid, version=1, changed_at=act.at)
    if action.do == "delete":
        _check_may_end(layer, layers, row, editor)
        let_go_of(session, layer, row.id, layers, act=act)
        close(session, layer, row.id, act=act, expected_version=row.version)
        return Outcome(id=row.id, version=row.version, changed_at=row.changed_at)
    version = amend(
        session, layer, row.id, words, act=act, shape=work.shape,
        shapeless=action.has_geometry and work.shape is None, found=work.found, expected_version=row.version,
    )  # fmt: skip
    return Outcome(id=row.id, version=version, changed_at=row.changed_at)


def _check_may_end(layer: Layer, layers: Mapping[str, Layer], row: Present, editor: Editor) -> None:
    """What others are linked to ends by whoever may change those too: they may be anywhere in the town."""
    areas = editor.areas
    if areas is not None and is_linked_to(layer, layers) and row.values["municipality"] not in areas.towns:
        raise NotYours(
            "ลบได้เฉพาะผู้มีสิทธิ์ทั้งเทศบาล เพราะมีรายการอื่นเชื่อมโยงอยู่",
            "Others may be linked to this: it is ended by whoever has a grant for the whole municipality",
        )


def _follow(session: Session, layer: Layer, layers: Mapping[str, Layer], works: Sequence[Work], act: Act) -> None:
    """Links by location follow a target that moved, as they do when a file brings it."""
    if not is_linked_to(layer, layers):
        return
    cause = Change(made_by=act.by, origin=act.origin)
    for work in works:
        touched = [shape for shape in (work.shape, work.row.shape if work.row else None) if shape is not None]
        if work.action.has_geometry and touched:
            bounds = [shape.bounds for shape in touched]
            box = Box(west=min(b[0] for b in bounds), south=min(b[1] for b in bounds),
                      east=max(b[2] for b in bounds), north=max(b[3] for b in bounds))  # fmt: skip
            relink(session, layer, layers, box, town=work.draft.town, cause=cause, at=act.at)


def _outcomes(session: Session, layer: Layer, done: Sequence[Outcome], act: Act) -> list[Outcome]:
    """The same with the versions that now hold."""
    table = layer.table
    query = select(table.id, table.version, table.changed_at).where(table.id.in_([one.id for one in done]))
    now = {row.id: row for row in session.execute(query)}
    return [
        Outcome(id=one.id, version=now[one.id].version, changed_at=now[one.id].changed_at) if one.id in now
        else replace(one, changed_at=act.at)
        for one in done
    ]  # fmt: skip
