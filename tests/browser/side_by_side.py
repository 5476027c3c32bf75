"""What each demo account sees on the same map, side by side: `data/pictures/as_each_audience.jpg`.

atlas up | tee up.log          # the demo prints its accounts
python -m tests.browser.side_by_side up.log data/pictures/as_each_audience.jpg
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from shapely.geometry import shape

from tests.conftest import CHROMIUM

PLACE = "/maps?layers=community,parcel,building,household,risk_point&bbox={}"
MARGIN = 0.001
SIZE = ViewportSize(width=620, height=520)
BY_NAME = ("care", "tax")


def pictures(browser: Browser, address: str, passwords: dict[str, str]) -> dict[str, bytes]:
    """A picture of the committee's community, for the public and for each account, by the audience it speaks for."""
    found = {}
    place = _place(browser, address, passwords)
    for audience, login in {"public": "", **{name.removeprefix("demo_"): name for name in passwords}}.items():
        context = browser.new_context(viewport=SIZE, locale="th-TH")
        page = context.new_page()
        if login:
            _sign_in(page, address, login, passwords[login], audience)
        page.goto(address + place)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)
        found[audience] = page.screenshot(type="jpeg", quality=80)
        context.close()
    return found


def _place(browser: Browser, address: str, passwords: dict[str, str]) -> str:
    """The map around the community whose committee has an account."""
    context = browser.new_context()
    page = context.new_page()
    _sign_in(page, address, "demo_community", passwords["demo_community"], "community")
    me = context.request.get(f"{address}/auth/me?f=json").json()
    item = f"{address}/collections/community/items/{me['areas']['communities'][0]}?f=json"
    west, south, east, north = shape(context.request.get(item).json()["geometry"]).bounds
    context.close()
    return PLACE.format(f"{west - MARGIN},{south - MARGIN},{east + MARGIN},{north + MARGIN}")


def _sign_in(page: Page, address: str, login: str, password: str, audience: str) -> None:
    page.goto(f"{address}/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/auth/me")
    if audience in BY_NAME:
        form = page.locator("form[action='/auth/audience']")
        form.locator("[name=audience]").select_option(audience)
        form.locator("[name=purpose]").fill("ภาพเปรียบเทียบ")
        form.locator("button").click()
        page.wait_for_load_state()


def montage(browser: Browser, found: dict[str, bytes]) -> bytes:
    """All of them on one sheet, each under its audience."""
    parts = "".join(
        f"<figure><figcaption>{audience}</figcaption>"
        f"<img src='data:image/jpeg;base64,{base64.b64encode(one).decode()}'></figure>"
        for audience, one in found.items()
    )
    style = (
        "body{margin:12px;display:grid;grid-template-columns:repeat(4,1fr);gap:12px;font:16px sans-serif}"
        "figure{margin:0}img{width:100%;border:1px solid #999}figcaption{font-weight:bold;padding:4px 0}"
    )
    page = browser.new_page(viewport=ViewportSize(width=1800, height=900))
    page.set_content(f"<style>{style}</style>{parts}")
    return page.screenshot(type="jpeg", quality=72, full_page=True)


def main(log: Path, out: Path) -> None:
    """Read the demo's accounts from what `atlas up` printed, and write the sheet."""
    said = log.read_text("utf-8")
    passwords = dict(re.findall(r"│ (demo_\w+)\s+│ (\S+)\s+│", said))
    (address,) = re.findall(r"^ready (\S+)", said, re.M)[-1:]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        out.write_bytes(montage(browser, pictures(browser, address, passwords)))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
