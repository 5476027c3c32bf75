"""Cookies of the browser, and the proof that a form was sent from a page of ours.

Three cookies, none of which a script can read: the session; `visit`, which forms before the sign-in are bound to; and
`device`, which says from where somebody signed in before, so that strangers' guesses do not slow them.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api.links import base_of
from api.people.secret import town_secret
from geo.errors import NotYours
from geo.people import keys

SESSION, VISIT, DEVICE = "atlas_session", "atlas_visit", "atlas_device"
DEVICE_SECONDS = 400 * 86400
VISIT_SECONDS = 86400
LOGINS_OF_A_DEVICE = 6


def key(request: Request, purpose: str) -> bytes:
    """The town's key for a purpose."""
    state = request.app.state
    if getattr(state, "secret", None) is None:
        state.secret = town_secret(state.settings.home)
    return keys.derived(state.secret, purpose)


def sealing_key(request: Request, purpose: str) -> bytes:
    """The town's key that something is sealed with: `totp` at rest, or what waits in a form or cookie for its turn."""
    key(request, purpose)
    return keys.sealing_key(request.app.state.secret, purpose)


def cookie(request: Request, name: str) -> str | None:
    """A cookie's value."""
    return request.cookies.get(_named(request, name))


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Give the browser a cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        _named(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    set_cookie(request, response, name, "", seconds=0)


def _named(request: Request, name: str) -> str:
    # A browser takes a __Host- cookie from this host over https alone: no neighbouring site can plant one.
    return f"__Host-{name}" if is_https(request) else name


def is_https(request: Request) -> bool:
    """Whether people reach us over https."""
    return base_of(request).startswith("https:")


def session_csrf(request: Request) -> str:
    """What a form of somebody signed in must bring along."""
    return keys.signature(key(request, "csrf"), "session", cookie(request, SESSION) or "")


def visit_csrf(request: Request, visit: str) -> str:
    """What a form before the sign-in must bring along."""
    return keys.signature(key(request, "csrf"), "visit", visit)


def new_visit() -> str:
    """A value for the `visit` cookie."""
    return secrets.token_urlsafe(32)


def check_session_form(request: Request, form: dict[str, str] | None) -> None:
    """Refuse a form or call that did not come from a page of this session: `NotYours`."""
    _check(request, form, "session", cookie(request, SESSION))


def check_visit_form(request: Request, form: dict[str, str]) -> None:
    """The same for forms before the sign-in."""
    _check(request, form, "visit", cookie(request, VISIT))


def check_from_here(request: Request) -> None:
    """Refuse what another site's page sent, where nothing is done that a proof would have to be asked for."""
    if not is_from_here(request):
        raise _not_ours()


def _check(request: Request, form: dict[str, str] | None, kind: str, bound_to: str | None) -> None:
    given = (form or {}).get("csrf") or request.headers.get("x-csrf-token", "")
    if not (is_from_here(request) and bound_to and keys.is_signature(key(request, "csrf"), given, kind, bound_to)):
        raise _not_ours()


def _not_ours() -> NotYours:
    return NotYours(
        "แบบฟอร์มนี้หมดอายุหรือไม่ได้มาจากหน้านี้ เปิดหน้าใหม่แล้วลองอีกครั้ง",
        "This form is too old or did not come from our page; open the page again and retry",
    )


def is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this, or says nothing about it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(base_of(request)).netloc}
    return origin is None or urlsplit(origin).netloc in ours - {""}


def known_device(request: Request, login: str) -> str | None:
    """The device's own number, where this person signed in from it before."""
    device, *signed = (cookie(request, DEVICE) or "").split(".")
    ours = key(request, "device")
    return device if device and any(keys.is_signature(ours, one, device, login) for one in signed) else None


def remember_device(request: Request, response: Response, login: str) -> None:
    """Note on the device that this person signed in from it; the cookie tells nobody who."""
    device, *signed = (cookie(request, DEVICE) or "").split(".")
    device = device if len(device) == 22 else secrets.token_urlsafe(16)
    mine = keys.signature(key(request, "device"), device, login)
    kept = [mine, *(one for one in signed if one != mine)][:LOGINS_OF_A_DEVICE]
    set_cookie(request, response, DEVICE, ".".join((device, *kept)), seconds=DEVICE_SECONDS)


def local_path(text: str | None, *, otherwise: str) -> str:
    """Where to go on after a sign-in: a path of this server, never another one's address."""
    asked = text or ""
    # Browsers read a backslash as a slash and drop tabs and line ends: `/\\elsewhere` and `/<tab>/elsewhere` leave us.
    sound = asked.startswith("/") and asked[1:2] != "/" and "\\" not in asked and asked.isprintable()
    return asked if sound and len(asked) < 1000 else otherwise
