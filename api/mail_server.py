"""The mail server that a town names in its settings, and what it answers.

What went wrong is told by its number and kind alone: a server's own words quote addresses.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from geo.errors import SetupMissing

SECONDS = 20
_SHAPE = "smtp://user:password@host:587?starttls=1"


class NotSent(Exception):
    """It did not go. `for_good`: this address will never take it; `is_away`: the server takes nothing just now."""

    def __init__(self, told: str, *, for_good: bool = False, is_away: bool = False) -> None:
        super().__init__(told)
        self.told, self.for_good, self.is_away = told, for_good, is_away


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed over: encrypted from the start (`is_tls`), after STARTTLS, or in the clear."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    starttls: bool = False

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand one message over; `NotSent` where it was not taken. STARTTLS that is not offered is no sending."""
        try:
            with self._connected() as server:
                server.send_message(message, self.sender, [to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next((code for code, _ in error.recipients.values()), 0)
            raise NotSent(f"the recipient was refused: {code}", for_good=500 <= code < 600) from None
        except smtplib.SMTPDataError as error:
            raise NotSent(f"the message was refused: {error.smtp_code}", for_good=error.smtp_code >= 500) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"{type(error).__name__}: {error.smtp_code}", is_away=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(type(error).__name__, is_away=True) from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            if self.starttls:
                server.starttls(context=context)
            if self.user is not None:
                server.login(self.user, self.password or "")
        except BaseException:
            server.close()
            raise
        return server


def mail_server(url: str | None, sender: str | None) -> MailServer | None:
    """The server that the settings name, None where they name none; `SetupMissing` where they make no sense."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    starttls = parse_qs(parts.query).get("starttls", ["0"])[-1].lower() in ("1", "true", "yes")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
        raise SetupMissing(f"ATLAS_SMTP เขียนเช่น {_SHAPE}", f"ATLAS_SMTP is written such as {_SHAPE}")
    if not sender or "@" not in sender or not sender.isprintable():
        raise SetupMissing("เมื่อตั้ง ATLAS_SMTP ต้องตั้ง ATLAS_MAIL_FROM เป็นอีเมลของเทศบาลด้วย",
                           "With ATLAS_SMTP, ATLAS_MAIL_FROM must be an address of the town's too")  # fmt: skip
    is_tls = parts.scheme == "smtps"
    if parts.username and not (is_tls or starttls or _is_here(parts.hostname)):
        raise SetupMissing("ATLAS_SMTP มีรหัสผ่าน ต้องใช้ smtps:// หรือ ?starttls=1",
                           "ATLAS_SMTP holds a password: use smtps://, or add ?starttls=1")  # fmt: skip
    return MailServer(
        host=parts.hostname, port=port or (465 if is_tls else 587 if starttls else 25), sender=sender,
        user=unquote(parts.username) if parts.username else None, is_tls=is_tls, starttls=starttls,
        password=unquote(parts.password) if parts.password else None,
    )  # fmt: skip


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
