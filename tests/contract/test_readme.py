"""The README's tables are what the code says; run this file as a program to write them anew."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from api.settings import Settings
from geo.layer import Audience, Cells, Layer, Published
from layers import LAYERS

README = Path(__file__).parents[2] / "README.md"
MEANING = {
    "ATLAS_HOME": "where the town's data lie",
    "ATLAS_DATABASE_URL": "a PostgreSQL ≥ 15 with PostGIS ≥ 3.3 of your own, instead of the private one",
    "ATLAS_HOST": "the address to listen on; `0.0.0.0` for the whole network",
    "ATLAS_PORT": "the port",
    "ATLAS_WORKERS": "server processes",
    "ATLAS_BASE_URL": "the address people use, when a proxy stands in front",
    "ATLAS_BASEMAP": "a street map's `https://…/{z}/{x}/{y}.png`, or `none`",
    "ATLAS_DEMO": "1: make the demo town and mark every map as made up (`make run` sets it)",
    "ATLAS_OIDC_ISSUER": "an OpenID Connect provider to sign in with; its e-mail addresses are logins here",
    "ATLAS_OIDC_CLIENT_ID": "what the provider calls this Atlas; its way back is `/login/oidc/back`",
    "ATLAS_OIDC_SECRET": "the secret that the provider gave, if it gave one",
    "ATLAS_PHOTOS": "`s3://bucket/prefix` for photographs (with `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` …)",
    "ATLAS_SMTP": "the mail server, `smtp://user:password@host:587?starttls=1` or `smtps://…`; none: no mail",
    "ATLAS_MAIL_FROM": "whom mail comes from, an address of the town's",
    "ATLAS_LOG": "`debug`, `info`, `warning` or `error`",
}


def public_form(layer: Layer) -> str:
    form = layer.shape.public
    if isinstance(form, Cells):
        return f"squares of {form.metres} m with at least {form.at_least}"
    shown = {Published.AS_IT_IS: "as it is", Published.WITHHELD: "nothing"}[form]
    return f"{layer.public_rows_say.en}" if layer.public_rows_say else shown


def layers_table() -> str:
    lines = ["| id | ชั้นข้อมูล | layer | the public gets | columns, public of all |", "|---|---|---|---|---|"]
    for layer in LAYERS.values():
        public = len(layer.fields_for(Audience.PUBLIC))
        cells = [
            f"`{layer.id}`",
            layer.title.th,
            layer.title.en,
            public_form(layer),
            f"{public} of {len(layer.fields)}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def settings_table() -> str:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for one in dataclasses.fields(Settings):
        name = one.metadata["name"]
        default = {"None": "–", "False": "0"}.get(str(one.default), str(one.default))
        lines.append(f"| `{name}` | {'none' if name == 'ATLAS_BASEMAP' else default} | {MEANING[name]} |")
    return "\n".join(lines)


TABLES = {"layers": layers_table, "settings": settings_table}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_in_the_readme_is_the_codes_own(name: str) -> None:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README.read_text("utf-8"), re.S)
    assert found is not None
    assert found.group(1) == TABLES[name]()


if __name__ == "__main__":
    text = README.read_text("utf-8")
    for name, table in TABLES.items():
        text = re.sub(
            rf"<!-- {name} -->.*?<!-- /{name} -->", f"<!-- {name} -->\n{table()}\n<!-- /{name} -->", text, flags=re.S
        )
    README.write_text(text, "utf-8")
