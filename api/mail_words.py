"""What a mail says: Thai first, English beside it, and of a mark no more than its name, kind, state and link.

No person's name, no reason and no comment leaves the house by mail, whoever it is for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from api.pages import rendered
from geo.errors import Text

MOST_SUBJECT = 120


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing that is told: which mark, what sort, where it is in its life now, when, and where to look."""

    title: Text
    kind: Text
    state: Text
    when: Text
    url: str


def about_steps(happened: Sequence[Happened], *, more: int, to: str, sender: str, stop: str, follows: str,
                at: dt.datetime, reference: str) -> EmailMessage:  # fmt: skip
    """What happened to the marks that somebody follows; `stop` is where they end all mail with one press."""
    first = happened[0]
    subject = f"{first.state.th}: {first.title.th}"
    if len(happened) + more > 1:
        subject = f"{len(happened) + more} ความเคลื่อนไหว · {len(happened) + more} updates — {first.title.th}"
    lines = ["มีความเคลื่อนไหวของสิ่งที่ท่านติดตาม", "Something you follow has changed", ""]
    for one in happened:
        lines += [f"• {_line(one.title.th)} ({_line(one.kind.th)})", f"  {one.state.th} · {one.when.th}",
                  f"  {one.state.en} · {one.when.en}", f"  {one.url}", ""]  # fmt: skip
    if more:
        lines += [f"และอีก {more} รายการ · and {more} more", ""]
    lines += ["เลือกสิ่งที่ติดตาม · Choose what you follow:", follows, "หยุดรับอีเมล · No more mail:", stop]
    message = _message(subject, to=to, sender=sender, at=at, reference=reference)
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("\n".join(lines))
    html = rendered("mail.html", happened=happened, more=more, stop=stop, follows=follows)
    message.add_alternative(html, subtype="html")
    return message


def about_address(*, link: str, to: str, sender: str, at: dt.datetime, reference: str) -> EmailMessage:
    """The link by which somebody shows that the address is theirs."""
    message = _message("ยืนยันอีเมลของท่าน · Confirm your e-mail address", to=to, sender=sender, at=at, reference=reference)
    message.set_content("\n".join([
        "มีผู้ขอให้ชุมชนแอตลาสส่งอีเมลมาที่นี่ ถ้าเป็นท่าน เปิดลิงก์แล้วกดยืนยันภายใน 3 วัน",
        "Somebody asked Chumchon Atlas to send mail here. If it was you, open the link and confirm within 3 days:",
        "", link, "", "ถ้าไม่ใช่ท่าน ไม่ต้องทำอะไร · If it was not you, do nothing.",
    ]))  # fmt: skip
    message.add_alternative(rendered("mail_address.html", link=link), subtype="html")
    return message


def _message(subject: str, *, to: str, sender: str, at: dt.datetime, reference: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = _line(subject)[:MOST_SUBJECT]
    message["From"] = f"ชุมชนแอตลาส Chumchon Atlas <{parseaddr(sender)[1]}>"
    message["To"] = to
    # The same when it is sent again, so that a mailbox that has it already can tell.
    message["Message-ID"] = f"<{reference}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Date"] = format_datetime(at)
    message["Auto-Submitted"] = "auto-generated"
    return message


def _line(words: str) -> str:
    """Words on one line: a line end in a name would begin another header."""
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())
