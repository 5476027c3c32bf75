"""What a person does in a browser and a program does over HTTP, for tests: sign in, send a form, bring a token."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

from tests.people.made import password_of

HTML = {"Accept": "text/html"}


def csrf_on(browser: TestClient, path: str) -> str:
    """The proof that a form of this page brings along."""
    page = browser.get(path, headers=HTML)
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, f"no form on {path}: {page.status_code}"
    return found.group(1)


def sign_in(browser: TestClient, login: str, password: str | None = None, **more: str) -> Any:
    """The answer to a sign-in by form."""
    form = {"csrf": csrf_on(browser, "/login"), "login": login, "password": password or password_of(login), **more}
    return browser.post("/login", data=form, headers=HTML)


def sent(browser: TestClient, path: str, *, page: str = "/auth/me", **form: str) -> Any:
    """The answer to a form on one of our pages."""
    return browser.post(path, data={"csrf": csrf_on(browser, page), **form}, headers=HTML)


def token_for(browser: TestClient, login: str, **form: str) -> Any:
    """The answer to an OAuth 2 sign-in."""
    words = {"grant_type": "password", "username": login, "password": password_of(login), **form}
    return browser.post("/auth/token", data=words)


def bearer(token: str) -> dict[str, str]:
    """The header that brings a token along."""
    return {"Authorization": f"Bearer {token}"}


def headers_of(browser: TestClient, login: str, **form: str) -> dict[str, str]:
    """What a program sends along that has signed in as somebody."""
    return bearer(token_for(browser, login, **form).json()["access_token"])
