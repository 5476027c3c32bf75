"""Who follows a place hears of what they may know, by feed and by mail, once, and nobody hears of them."""

from __future__ import annotations

import datetime as dt
import email
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from lxml import etree

from api.mail_server import MailServer, NotSent, mail_server
from api.mailing import Sender
from api.people.secret import town_secret
from geo.errors import SetupMissing
from geo.people import keys
from tests.marks.conftest import browsing, marked, state, step
from tests.writes.conftest import Desk

POINT = "risk_point"
SAW: dict[str, Any] = {"likelihood": 4, "severity": 3}
EVIL = "ตลาด\r\nBcc: all@example.org\r\n\r\n<script>hacked=1</script>"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@dataclass
class Post:
    """A mail server on this machine that keeps what it takes, and refuses as it is told to."""

    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuses_recipient: str | None = None
    refuses_data: str | None = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:  # the library's name
        """Whom it takes mail for."""
        if self.refuses_recipient:
            return self.refuses_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # the library's name
        """One message."""
        if self.refuses_data:
            return self.refuses_data
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((list(envelope.rcpt_tos), message))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What was sent to somebody."""
        return [message for to, message in self.taken if address in to]


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """The mail server, who sends to it, and the time that passes."""

    post: Post
    sender: Sender
    desk: Desk
    port: int

    def look(self, **later: float) -> None:
        """What the service does every few seconds."""
        self.sender.send_waiting(self.desk.engine, self.desk.clock.at + dt.timedelta(**later))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found


@pytest.fixture
def mailed(desk: Desk) -> Iterator[Mailed]:
    """A town with a mail server, and nothing waiting."""
    post = Post()
    port = free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    server = MailServer(host="127.0.0.1", port=port, sender="atlas@town.example")
    key = keys.derived(town_secret(desk.home), "mail")
    app: Any = desk.client.app
    before = app.state.settings
    object.__setattr__(before, "smtp", f"smtp://127.0.0.1:{port}")
    yield Mailed(post=post, sender=Sender(server=server, base="http://atlas.example", key=key), desk=desk, port=port)
    object.__setattr__(before, "smtp", None)
    controller.stop()
    desk.rows("DELETE FROM mail")
    desk.rows("DELETE FROM follow")
    desk.rows("DELETE FROM person_address")


def follows(mailed: Mailed, login: str, kind: str = "municipality", area: str = "9098") -> str:
    """Somebody follows a place and has shown that an address is theirs, by the link that they were sent."""
    desk, browser, address = mailed.desk, browsing(mailed.desk, login), f"{login}@mail.example"
    assert browser.send("/follows", "/follows/address", address=address).status_code == 303
    mailed.look()
    (message,) = mailed.post.to(address)
    link = re.search(r"http://atlas\.example(/follows/confirm/\S+)", body(message))
    assert link is not None
    assert desk.client.get(link.group(1), headers={"Accept": "text/html"}).status_code == 200
    assert desk.client.post(link.group(1)).status_code == 200
    assert browser.send("/follows", "/follows", kind=kind, area=area, by_mail="1").status_code == 303
    mailed.post.taken.clear()
    return address


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    found: str = part.get_content()
    return found


def verified(desk: Desk, **words: Any) -> int:
    fid = marked(desk, "anan", **words)
    step(desk, "anan", fid, "inspect", reason="ลับภายใน", **SAW)
    assert step(desk, "boon", fid, "verify", reason="ลับภายใน").status_code == 200
    return fid


def test_an_officer_hears_of_each_step_and_a_partner_of_what_everybody_sees(mailed: Mailed, desk: Desk) -> None:
    chai, collector = follows(mailed, "chai"), follows(mailed, "collector")
    fid = marked(desk, "anan", name_th="หน้าตลาดสด")
    mailed.look()
    (first,) = mailed.post.to(chai)
    assert first["subject"] == "แจ้งแล้ว รอตรวจ: หน้าตลาดสด"
    assert f"http://atlas.example/marks/{POINT}/{fid}" in body(first)
    assert first["list-unsubscribe"].strip().startswith("<http://atlas.example/follows/stop/")
    assert first["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mailed.post.to(collector) == []
    step(desk, "anan", fid, "inspect", reason="ลับภายใน", **SAW)
    step(desk, "boon", fid, "verify", reason="ลับภายใน")
    # Two things within a quarter of an hour are one mail when it is over.
    mailed.look(minutes=14)
    assert len(mailed.post.to(chai)) == 1
    mailed.look(minutes=16)
    told = mailed.post.to(chai)
    assert len(told) == 2
    assert "ตรวจสอบแล้ว" in body(told[1])
    (public,) = mailed.post.to(collector)
    assert "รอยืนยัน" not in body(public)
    for one in (*told, public):
        said = str(one) + body(one) + body(one, "html")
        for hidden in ("ลับภายใน", "Made-up", "anan", "boon"):
            assert hidden not in said
    mailed.look(hours=9)
    assert len(mailed.post.taken) == 3


def test_another_town_a_draft_and_ones_own_steps_are_not_told(mailed: Mailed, desk: Desk) -> None:
    follows(mailed, "neighbour")
    follows(mailed, "anan")
    fid = marked(desk, "anan")
    marked(desk, "boon", status="draft")
    mailed.look(hours=1)
    assert mailed.post.taken == []
    # Who is of another town hears what everybody hears.
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    mailed.look(hours=2)
    assert len(mailed.post.to("neighbour@mail.example")) == 1


def test_whoever_lost_their_grant_hears_no_more_than_the_public(mailed: Mailed, desk: Desk) -> None:
    chai = follows(mailed, "chai")
    marked(desk, "anan")
    ended = "UPDATE person_grant SET ended_at = :at WHERE person_id = (SELECT id FROM person WHERE login = 'chai')"
    desk.rows(ended, at=desk.clock.at)
    mailed.look(hours=1)
    assert mailed.post.to(chai) == []
    desk.rows(ended.replace(":at", "NULL"))


def test_a_mark_a_community_and_a_shared_area_are_followed_too(mailed: Mailed, desk: Desk) -> None:
    square = "SRID=4326;POLYGON((100.47 7.01,100.48 7.01,100.48 7.02,100.47 7.02,100.47 7.01))"
    community = desk.made("community", municipality="9098", geom=square)
    canal = desk.made("shared_area", municipality="9098", municipalities="9098", geom=square)
    own = marked(desk, "collector")
    one = follows(mailed, "boon", "community", str(community))
    other = follows(mailed, "chai", "shared_area", str(canal))
    third = follows(mailed, "collector", "mark", f"{POINT}/{own}")
    fid = marked(desk, "anan")
    mailed.look(hours=1)
    assert len(mailed.post.to(one)) == len(mailed.post.to(other)) == 1
    assert mailed.post.to(third) == []
    assert state(desk, fid) == "reported"
    desk.rows("DELETE FROM risk_point WHERE community_id = :c", c=community)
    desk.rows("DELETE FROM community WHERE id = :c", c=community)
    desk.rows("DELETE FROM shared_area WHERE id = :c", c=canal)


def test_a_name_with_line_ends_and_script_makes_no_header_and_no_markup(mailed: Mailed, desk: Desk) -> None:
    chai = follows(mailed, "chai")
    desk.rows("UPDATE risk_point SET name_th = :evil WHERE id = :f", evil=EVIL, f=marked(desk, "anan"))
    mailed.look(hours=1)
    (message,) = mailed.post.to(chai)
    assert mailed.post.taken[0][0] == [chai]
    assert message["bcc"] is None
    assert message["subject"].startswith("แจ้งแล้ว รอตรวจ: ตลาด Bcc: all@example.org")
    assert "<script>" not in body(message, "html")
    assert "&lt;script&gt;" in body(message, "html")


def test_a_server_that_is_away_is_tried_again_and_a_step_never_waits_for_it(mailed: Mailed, desk: Desk) -> None:
    chai = follows(mailed, "chai")
    away = Sender(server=MailServer(host="127.0.0.1", port=1, sender="a@town.example"), base="http://x", key=b"k")
    marked(desk, "anan")
    waits = []
    for _ in range(4):
        (row,) = desk.rows("SELECT next_try_at, tries, last_error FROM mail WHERE what = 'step'")
        away.send_waiting(desk.engine, row.next_try_at)
        (then,) = desk.rows("SELECT next_try_at, tries, last_error, sent_at FROM mail WHERE what = 'step'")
        waits.append(then.next_try_at - row.next_try_at)
        assert then.tries == row.tries + 1
        assert (then.sent_at, chai in then.last_error) == (None, False)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    mailed.look(days=1)
    assert len(mailed.post.to(chai)) == 1


@pytest.mark.parametrize(("what", "answer", "for_good"), [
    ("refuses_recipient", "451 later", False), ("refuses_recipient", "550 nobody here", True),
    ("refuses_data", "452 full", False), ("refuses_data", "554 no", True),
])  # fmt: skip
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    mailed: Mailed, desk: Desk, what: str, answer: str, for_good: bool
) -> None:
    chai = follows(mailed, "chai")
    marked(desk, "anan")
    setattr(mailed.post, what, answer)
    mailed.look()
    (row,) = desk.rows("SELECT given_up_at, last_error FROM mail WHERE what = 'step'")
    assert (row.given_up_at is not None) is for_good
    assert answer[:3] in row.last_error
    assert answer[4:] not in row.last_error
    setattr(mailed.post, what, None)
    mailed.look(hours=1)
    assert len(mailed.post.to(chai)) == (0 if for_good else 1)


def test_starttls_that_is_not_offered_sends_nothing_in_the_clear(mailed: Mailed) -> None:
    server = MailServer(host="127.0.0.1", port=mailed.port, sender="a@town.example", starttls=True, user="u",
                        password="p")  # fmt: skip
    with pytest.raises(NotSent, match="SMTPNotSupportedError") as refused:
        server.send(EmailMessage(), "chai@mail.example")
    assert refused.value.is_away
    assert mailed.post.taken == []


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(certified: ssl.SSLContext) -> None:
    post = Post()
    port = free_port()
    controller = _Offering(post, certified, port)
    controller.start()
    with pytest.raises(NotSent, match="SSLCertVerificationError"):
        MailServer(host="127.0.0.1", port=port, sender="a@town.example", starttls=True).send(
            EmailMessage(), "b@c.example"
        )
    controller.stop()
    assert post.taken == []


class _Offering(Controller):
    """A server that offers STARTTLS with a certificate of its own making."""

    def __init__(self, post: Post, context: ssl.SSLContext, port: int) -> None:
        self.context = context
        super().__init__(post, hostname="127.0.0.1", port=port)

    def factory(self) -> Server:
        """The protocol with the certificate."""
        return Server(self.handler, tls_context=self.context)


@pytest.fixture
def certified(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that it signed itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def test_each_mail_goes_once_however_many_send(mailed: Mailed, desk: Desk) -> None:
    addresses = [follows(mailed, login) for login in ("boon", "chai")]
    marked(desk, "anan")
    with ThreadPoolExecutor(4) as four:
        list(four.map(lambda _: mailed.look(hours=1), range(4)))
    assert [len(mailed.post.to(one)) for one in addresses] == [1, 1]


def test_an_address_is_confirmed_by_its_own_link_alone(mailed: Mailed, desk: Desk) -> None:
    browser = browsing(desk, "boon")
    for wrong in ("nobody", "a@b", "a b@c.example", "a@c.example\r\nBcc: x@y.example", "<a@c.example>"):
        assert browser.send("/follows", "/follows/address", address=wrong).status_code == 400
    browser.send("/follows", "/follows/address", address="old@mail.example")
    mailed.look()
    browser.send("/follows", "/follows/address", address="new@mail.example")
    (old,) = mailed.post.to("old@mail.example")
    link = re.findall(r"/follows/confirm/\S+", body(old))[0]
    for forged in (link, link[:-1] + ("A" if link[-1] != "A" else "B"), "/follows/confirm/1-x", "/follows/stop/1-x"):
        assert desk.client.post(forged).status_code == 403
    assert browser.get("/follows", json=True).json()["is_confirmed"] is False
    for _ in range(2):
        browser.send("/follows", "/follows/address", address="new@mail.example")
    assert browser.send("/follows", "/follows/address", address="more@mail.example").status_code == 429
    mailed.look()
    assert "new@mail.example" in browser.get("/follows").text
    for who in ("chai", "steward", "neighbour"):
        for page in ("/follows", "/people", "/auth/me"):
            assert "mail.example" not in desk.ask(who, "GET", page).text


def test_one_press_ends_all_mail_without_signing_in(mailed: Mailed, desk: Desk) -> None:
    chai = follows(mailed, "chai")
    marked(desk, "anan")
    mailed.look()
    (message,) = mailed.post.to(chai)
    link = message["list-unsubscribe"].strip(" <>").removeprefix("http://atlas.example")
    assert desk.client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    marked(desk, "anan")
    mailed.look(hours=1)
    assert len(mailed.post.to(chai)) == 1
    assert [one["by_mail"] for one in browsing(desk, "chai").get("/follows", json=True).json()["follows"]] == [False]


def test_what_one_may_not_see_cannot_be_followed(mailed: Mailed, desk: Desk) -> None:
    fid = marked(desk, "anan")
    for who, kind, area, status in (
        ("neighbour", "mark", f"{POINT}/{fid}", 404), ("collector", "mark", f"{POINT}/{fid}", 404),
        ("anan", "mark", f"parcel/{fid}", 404), ("anan", "mark", "nonsense", 404), ("anan", "community", "x", 404),
        ("anan", "municipality", "0000", 404), ("anan", "person", "1", 400),
    ):  # fmt: skip
        assert browsing(desk, who).send("/follows", "/follows", kind=kind, area=area).status_code == status, (who, area)
    browser = browsing(desk, "chai")
    assert browser.send("/follows", "/follows", kind="mark", area=f"{POINT}/00{fid}").status_code == 303
    (kept,) = browser.get("/follows", json=True).json()["follows"]
    assert kept["area"] == f"{POINT}/{fid}"
    assert browser.send("/follows", "/follows", kind="mark", area=f"{POINT}/{fid}", do="end").status_code == 303
    assert browser.get("/follows", json=True).json()["follows"] == []


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://h:99999", "smtp://u:p@mail.example:25", "x"])
def test_settings_that_make_no_sense_are_told(url: str) -> None:
    with pytest.raises(SetupMissing):
        mail_server(url, "atlas@town.example")


def test_settings_are_read() -> None:
    found = mail_server("smtp://a%40b:p%3Aq@mail.example?starttls=1", "atlas@town.example")
    assert found is not None
    assert (found.host, found.port, found.user, found.password, found.starttls) == (
        "mail.example",
        587,
        "a@b",
        "p:q",
        True,
    )
    assert "p:q" not in repr(found)
    assert mail_server(None, None) is None
    with pytest.raises(SetupMissing):
        mail_server("smtps://mail.example", None)


# --- the feed -----------------------------------------------------------------------------------------------------


def feed(desk: Desk, query: str = "", **headers: str) -> Any:
    return desk.client.get(f"/feed.atom{query}", headers=headers)


def titles(answer: Any) -> list[str]:
    document = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False, recover=False))
    found: list[str] = document.xpath("//a:entry/a:title/text()", namespaces=ATOM)
    return found


def test_the_feed_is_atom_and_tells_what_everybody_may_know(desk: Desk) -> None:
    hidden, shown = marked(desk, "anan", name_th="ยังไม่ตรวจ"), verified(desk, name_th="หน้าโรงเรียน")
    answer = feed(desk)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    document = etree.fromstring(answer.content)
    assert document.tag == "{http://www.w3.org/2005/Atom}feed"
    for one in (document, *document.findall("a:entry", ATOM)):
        for needed in ("id", "title", "updated"):
            assert len(one.findall(f"a:{needed}", ATOM)) == 1
        dt.datetime.fromisoformat(one.findtext("a:updated", namespaces=ATOM) or "")
    assert document.find("a:author/a:name", ATOM) is not None
    ids = document.xpath("//a:entry/a:id/text()", namespaces=ATOM)
    assert len(ids) == len(set(ids))
    assert "ตรวจสอบแล้ว: หน้าโรงเรียน" in titles(answer)
    for secret in ("ยังไม่ตรวจ", "ลับภายใน", "anan", "boon", "Made-up", "รอยืนยัน", f'/{POINT}/{hidden}"'):
        assert secret not in answer.text
    # What leaves the map leaves the feed, its past with it.
    step(desk, "chai", shown, "revise", reason="x")
    assert "ตรวจสอบแล้ว: หน้าโรงเรียน" not in titles(feed(desk))


def test_what_nobody_sees_changes_no_byte_of_the_feed(desk: Desk) -> None:
    verified(desk)
    before = feed(desk)
    for _ in range(60):
        marked(desk, "anan")
    after = feed(desk)
    assert (after.content, after.headers["etag"], after.headers["last-modified"]) == (
        before.content, before.headers["etag"], before.headers["last-modified"],
    )  # fmt: skip
    assert feed(desk, If_None_Match="x", **{"If-None-Match": before.headers["etag"]}).status_code == 304
    assert feed(desk, **{"If-Modified-Since": before.headers["last-modified"]}).status_code == 304
    verified(desk, name_th="ใหม่")
    assert feed(desk, **{"If-None-Match": before.headers["etag"]}).status_code == 200


def test_the_feed_is_narrowed_to_a_place_and_a_layer(desk: Desk) -> None:
    square = "SRID=4326;POLYGON((100.47 7.01,100.48 7.01,100.48 7.02,100.47 7.02,100.47 7.01))"
    canal = desk.made("shared_area", municipality="9098", municipalities="9098", geom=square)
    verified(desk, name_th="ในคลอง")
    assert "ตรวจสอบแล้ว: ในคลอง" in titles(feed(desk, f"?shared_area={canal}"))
    assert "ตรวจสอบแล้ว: ในคลอง" in titles(feed(desk, "?municipality=9098&layer=risk_point"))
    for nothing in ("?municipality=9099", "?layer=asset", "?community=999999", "?shared_area=999999"):
        assert titles(feed(desk, nothing)) == []
    assert feed(desk, "?layer=parcel").status_code == 404
    assert feed(desk, "?community=x").status_code == 400


def test_script_and_control_characters_in_a_name_stay_words(desk: Desk) -> None:
    fid = verified(desk)
    desk.rows("UPDATE risk_point SET name_th = :evil WHERE id = :f", evil="<b>&amp;\x0b]]>\x1f<script>", f=fid)
    assert any("<b>&amp; ]]> <script>" in one for one in titles(feed(desk)))


def test_pages_lead_to_the_feed(desk: Desk, new_database: Callable[[], str]) -> None:
    page = desk.ask(None, "GET", f"/marks/{POINT}/{verified(desk)}", Accept="text/html").text
    assert 'rel="alternate" type="application/atom+xml" href="/feed.atom"' in page
