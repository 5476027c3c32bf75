"""One way to refuse a file: a code for programs, words for people, and what to add to have it taken."""

from __future__ import annotations

from collections.abc import Iterable

from geo.errors import Problem, RefusedImport, Text


def refusal(
    code: str,
    th: str,
    en: str,
    *,
    choices: Iterable[Text] = (),
    row: int | None = None,
    column: str | None = None,
) -> RefusedImport:
    """A RefusedImport with its one problem."""
    told = Text(th, en)
    problem = Problem(code=code, told=told, level="error", row=row, column=column)
    return RefusedImport(told, problems=(problem,), choices=tuple(choices))


def damaged(file_name: str, why: str) -> RefusedImport:
    """A file that began well and cannot be read to its end."""
    return refusal(
        "damaged",
        f"{file_name} เสียหายหรือไม่ครบ อ่านต่อไม่ได้ ({why})",
        f"{file_name} is damaged or incomplete and cannot be read ({why})",
    )


def not_in_that_encoding(file_name: str, encoding: str) -> RefusedImport:
    """A file whose bytes are no text in the encoding that a person asked for."""
    return refusal(
        "not-in-that-encoding",
        f"{file_name} ไม่ได้เขียนด้วยรหัสอักขระ {encoding}",
        f"{file_name} is not written in {encoding}",
        choices=(
            Text("ไม่ระบุ --encoding แล้วให้ระบบดูจากไฟล์เอง", "leave --encoding away: the file itself then decides"),
            Text("--encoding cp874", "--encoding cp874"), Text("--encoding UTF-8", "--encoding UTF-8"),
        ),
    )  # fmt: skip
