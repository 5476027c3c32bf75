"""Everything that can go wrong, by name.

A failure carries its facts and both languages; its HTTP status is one row of the table in `api/errors.py`.
`Text`, the pair of labels used everywhere, lives here because everything else may import this module.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One label in Thai and English; Thai first, because that is what most readers want."""

    th: str
    en: str

    def __str__(self) -> str:
        return f"{self.th} · {self.en}"

    def in_language(self, language: str) -> str:
        """The label for `th` or `en`."""
        return self.en if language == "en" else self.th


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing a person should know about a file: where, what, and how bad.

    `level` is `error` (the row or file is not taken), `changed` (the row is taken, a value was mended) or `warning`
    (the row is taken as it is). `row` counts from 1, the first data row of the file; `index` from 0, as
    programs count what they sent in one list. `lon`, `lat` are WGS 84 degrees.
    """

    code: str
    told: Text
    level: str = "warning"
    row: int | None = None
    index: int | None = None
    column: str | None = None
    value: str | None = None
    became: str | None = None
    lon: float | None = None
    lat: float | None = None


class AtlasError(Exception):
    """The root of our failures; `told` is safe to show to anyone."""

    def __init__(self, th: str, en: str, *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(en)
        self.told = Text(th, en)
        self.problems = problems


class BadLayer(AtlasError):
    """A layer's declaration contradicts itself; found at start, never at a request."""

    def __init__(self, en: str) -> None:
        super().__init__(f"การประกาศชั้นข้อมูลไม่ถูกต้อง: {en}", en)


class RefusedRates(AtlasError):
    """Tables of a tax that contradict themselves or the Act; nothing is worked out from any of them."""


class UnknownLayer(AtlasError):
    """No layer of that name."""


class UnknownFeature(AtlasError):
    """No feature with that id, or none that this audience may see."""


class BadRequest(AtlasError):
    """A parameter that makes no sense."""


def unknown_property(name: str) -> BadRequest:
    """The words for a property that is not there, and for one that the asker may not know of."""
    return BadRequest(f"ไม่รู้จักพารามิเตอร์ {name!r}", f"Unknown parameter {name!r}")


class NotYours(AtlasError):
    """The person may not do this."""


class StoreRefused(NotYours):
    """PostgreSQL itself refused what the rest of the service let through: the second lock held, the first did not."""


class NotSignedIn(AtlasError):
    """A token is needed and was not given, or is not valid."""


class UnknownPerson(AtlasError):
    """Nobody there, or nobody whom the asker governs; the same goes for links and grants."""


class TooOften(AtlasError):
    """Asked faster than this service answers; `seconds` later it will."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"ลองบ่อยเกินไป โปรดรอ {seconds:,} วินาทีแล้วลองใหม่",
            f"Too many attempts; please try again in {seconds:,} seconds",
        )
        self.seconds = seconds


class TooManyReports(TooOften):
    """More reports than can be looked into, from one neighbourhood of addresses or in one town."""

    def __init__(self, seconds: int, *, of_town: bool = False) -> None:
        super().__init__(seconds)
        minutes = max(1, -(-seconds // 60))
        why = (
            Text("ตอนนี้มีผู้แจ้งเข้ามามากจนรับทางหน้านี้ไม่ทัน", "More reports are coming in than this page can take just now")
            if of_town
            else Text("มีการส่งจากเครือข่ายเดียวกับท่านบ่อยเกินไป", "Too much has been sent from the network that you are on")
        )  # fmt: skip
        self.told = Text(
            f"{why.th} โปรดลองใหม่ในอีก {minutes:,} นาที หากมีอันตรายโทร 1784 (ปภ.) 1669 (เจ็บป่วย) หรือ 199 (ไฟไหม้)",
            f"{why.en}. Please try again in {minutes:,} minutes. In danger call 1784 (disaster), 1669 (medical)"
            " or 199 (fire)",
        )


class Cancelled(AtlasError):
    """Somebody stopped it on the way; nothing of it was kept."""


class NoRoom(AtlasError):
    """What was to be written does not fit on the disk; nothing half-written is left."""


class LostRace(AtlasError):
    """Somebody else changed the row first."""


class NeedsCondition(AtlasError):
    """This is changed only by somebody who says which version they looked at."""


class UnreadableKind(AtlasError):
    """A body of a kind that is not read here."""


class OutOfTurn(AtlasError):
    """A step that does not follow the state that something is in."""


class HeldOpen(AtlasError):
    """Somebody else has it open to change it."""


class Crowded(AtlasError):
    """Others are at the same work just now; the same request is welcome a moment later."""


class RefusedFeature(BadRequest):
    """A feature that is not taken as it was written, with all that is wrong of it at once."""


class RefusedPhoto(BadRequest):
    """A picture that is not taken, by `code`; of several all are told (`problems`), and none is kept."""

    def __init__(self, code: str, th: str, en: str, *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(th, en, problems=problems)
        self.code = code


class Busy(AtlasError):
    """As much of a kind is being done as there is room for; a moment later there is again."""


class TooBig(AtlasError):
    """More than this service takes at once."""


class StoreAway(AtlasError):
    """The database does not answer."""


class ProviderAway(AtlasError):
    """The provider that people sign in with does not answer, or not sensibly."""


class SetupMissing(AtlasError):
    """The machine lacks something the Atlas needs; the message says what and how to get it."""


class RefusedImport(AtlasError):
    """A file that is not taken, with all of its problems at once.

    `choices` are what a person may add to the command to have it taken, for example `--crs EPSG:24047`.
    """

    def __init__(self, told: Text, *, problems: tuple[Problem, ...] = (), choices: tuple[Text, ...] = ()) -> None:
        super().__init__(told.th, told.en, problems=problems)
        self.choices = choices
