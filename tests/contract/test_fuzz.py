"""Every operation of the API document is attacked with what fits it and what does not, as four kinds of visitor.

Nothing may fail inside, answer otherwise than the document says, or show what is planted for somebody else. The attack
is the same at each run; `ATLAS_FUZZ_SEED` and `ATLAS_FUZZ_EXAMPLES` make it another one or a longer one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from geo.layer import Audience
from geo.shapes.grids import GRIDS
from layers import LAYERS
from tests.conftest import running
from tests.makers import HAT_YAI, tile_at
from tests.people.made import make_person, password_of
from tests.people.visitors import Visitor
from tests.photos.pictures import drawn, jpeg
from tests.planted import (
    ELSEWHERE,
    HIDDEN_OF_A_TOWN,
    TOWN_LAYER,
    all_that_is_logged,
    keep_planted,
    plant,
    plant_elsewhere,
    planted_picture,
    readable,
    secrets,
)

SEED = int(os.environ.get("ATLAS_FUZZ_SEED", "2569"))
EXAMPLES = int(os.environ.get("ATLAS_FUZZ_EXAMPLES", "8"))
CHECKS = [
    content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance,
]  # fmt: skip
# As whom, whether in a browser, and how many operations must at least once have done what they are for.
VISITORS = {
    "the public": (Audience.PUBLIC, False, 18),
    "staff with a token": (Audience.STAFF, False, 20),
    "staff in a browser": (Audience.STAFF, True, 24),
    "a steward": (Audience.STEWARD, False, 28),
}
# Those who only take part in the attack, and write down what they send.
CLIENTS = ("urllib3", "requests", "schemathesis", "hypothesis")
A_PLACE = {"type": "Point", "coordinates": [*HAT_YAI]}
FORMATS = ("application/json", "text/html", "*/*", "application/geo+json", "image/png", "")


@dataclass(kw_only=True)
class Attack:
    """What is attacked, by whom, with which values that mean something there, and what came of it."""

    seed: int
    visitor: Visitor
    known: dict[str, list[Any]]
    answered: dict[str, list[int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def on(self, operation: Any) -> None:
        """Attack one operation; what is sent with a credential that is over does not count."""

        @seed(self.seed)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=cases(operation, self.known))
        def attacked(case: Any) -> None:
            self._send(case)

        self.visitor.come()
        attacked()

    def _send(self, case: Any) -> None:
        if case.method != "GET":
            self.visitor.come()
        accept = case.headers.get("Accept") or "*/*"
        answer = case.call(base_url=self.visitor.address, headers={**self.visitor.headers, "Accept": accept},
                           allow_redirects=False)  # fmt: skip
        self.answered.setdefault(case.operation.label, []).append(answer.status_code)
        kind = (answer.headers.get("content-type") or [""])[0]
        said = readable(answer.content, kind) + json.dumps(answer.headers, ensure_ascii=False)
        # A refusal tells the address that was asked for; whoever asks by a digest knows it already.
        asked = str((case.path_parameters or {}).get("sha256", "-"))
        wrong = [f"shows {secret}" for secret in self._hidden() if secret in said and secret != asked]
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append(f"failed inside: {answer.status_code}")
        if answer.status_code >= 400 and "problem+json" in kind and answer.json()["status"] != answer.status_code:
            wrong.append("tells another status than it has")
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            wrong += [f"{type(one).__name__}: {one}" for one in found.exceptions]
        self.faults += [f"{case.as_curl_command()}\n{one}" for one in wrong]

    def _hidden(self) -> Iterator[str]:
        yield from secrets(self.visitor.audience)
        yield "elsewhere-"


@st.composite
def cases(draw: st.DrawFn, operation: Any, known: dict[str, list[Any]]) -> Any:
    """What is meant to work (half of it), what fits the document otherwise, and what does not."""
    how = draw(st.sampled_from(("meant", "meant", "fits", "fits not")))
    takes = [*operation.iter_parameters(), *operation.body]
    mode = schemathesis.GenerationMode.NEGATIVE if how == "fits not" and takes else schemathesis.GenerationMode.POSITIVE
    case = draw(operation.as_strategy(generation_mode=mode))
    always = how == "meant"

    def told(values: dict[str, Any]) -> dict[str, Any]:
        """The same with values that lead somewhere."""
        return {name: draw(st.sampled_from(known[name])) if name in known and (always or draw(st.booleans())) else value
                for name, value in values.items()}  # fmt: skip

    case.path_parameters = told(case.path_parameters or {})
    for names in (("z", "x", "y"), ("tileMatrix", "tileCol", "tileRow")):
        if set(names) <= set(case.path_parameters) and always:
            case.path_parameters.update(zip(names, draw(st.sampled_from(known["tile"])), strict=True))
    case.query = told(case.query or {})
    for name, value in told(dict(case.headers or {})).items():
        case.headers[name] = value
    if isinstance(case.body, dict):
        words = told(case.body)
        case.body = {name: one for name, one in words.items() if name in known} if always else words
    if not always and draw(st.booleans()):
        case.query[draw(st.sampled_from(known["query"]))] = draw(st.sampled_from(known["query"]))
    case.headers["Accept"] = draw(st.sampled_from(FORMATS[:2] if always else FORMATS))
    return case


def what_is_known(made: dict[str, list[int]], elsewhere: dict[str, list[int]], persons: list[int]) -> dict[str, Any]:
    """Values that lead somewhere, by the name of what takes them."""
    hidden = [
        *HIDDEN_OF_A_TOWN,
        *(name for layer in LAYERS.values() for name, one in layer.fields.items() if one.audience != "public"),
    ]
    ids = sorted({fid for of in (made, elsewhere) for some in of.values() for fid in (some[0], some[-1])})
    places = ["municipality:9098", "municipality:9099", f"community:{made['community'][0]}", "shared_area:x"]
    file = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name_th":"a"},"geometry":null}]}'
    return {
        "collection": [*LAYERS, TOWN_LAYER], "ids": [*LAYERS, "parcel,household"], "fid": [str(fid) for fid in ids],
        "tile": [tile_at(z) for z in (0, 13, 15, 18)], "written": ["mvt", "geojson"],
        "tileMatrixSetId": list(GRIDS), "collections": ["parcel", "household,asset"],
        "number": persons, "grant": persons, "batch": [1, 2], "code": ["unknown", "9098"],
        "query": [*hidden, "f", "lang", "limit", "sortby", "filter", "1", "html", "../..", "nan", "", "'"],
        "bbox": ["100.4,6.9,100.6,7.1", "180,-90,-180,90"], "limit": [1, 7, 99_999_999], "after": [0, 1, 2**63 - 1],
        "offset": [0, 1, 2**31 - 1],
        "datetime": ["2026-03-01T00:00:00Z", "2026-06-01T00:00:00%2B07:00", "0001-01-01T00:00:00+14:00"],
        "item": [str(fid) for fid in ids], "layers": [*LAYERS, "risk_point,household"],
        "q": ["ชุมชน", "secret", "7.0, 100.4"],
        "property": ["score", "appraised_baht"], "theme": ["occupancy", "tax_year", "value", "land_use,occupancy"],
        "next": ["/map", "//elsewhere.example"], "before": [1, 3], "municipality": ["9098", "9099"],
        "language": ["th", "en"],
        "login": ["somchai", "fresh"], "username": ["somchai"], "password": [password_of("somchai"), "ปลากะพงสามตัว"],
        "present": [password_of("somchai")], "audience": ["staff", "care", "steward"],
        "place": [*places, "1", "999", str(made["community"][0])], "accuracy": ["12", "-1"],
        "seen_on": ["1/3/2569", "31/2/2569"], "severity": ["3"], "likelihood": ["5"],
        "receipt": ["K7M4-9TX2-PQ", "k7m49tx2pq", "%00"],
        "grant_type": ["password", "refresh_token"], "scope": ["staff", "care"], "days": ["1", "366", "367"],
        "do": ["start", "confirm", "end"], "until": ["2570-01-01", "31/12/2569"], "purpose": ["visits to the sick"],
        "name": ["a tester"], "version": [1, 2], "reason": ["a test"], "layer": list(LAYERS), "file": [file],
        "kind": ["access", "erasure", "FLD-SURF", "other"], "subject": ["somebody"], "asked": ["all"],
        "received_on": ["1/3/2569"],
        "what": ["a list was lost"], "data": ["names"], "people": ["3"], "known_on": ["1/3/2569"],
        "by": ["risk-point", "surveyed", "tenure-1", "land-vacant"], "per": ["present", "count", "km2"],
        "sort": ["name", "-present", "registered-people"], "town": ["9098", "9099"],
        **{f"add{place}": [str(made["community"][place])] for place in (1, 2, 3)},
        "request": ["1", "2"], "outcome": ["done", "refused"], "retain_until": ["31/12/2580"],
        "profile": ["codelist-inline", "rel-as-link,codelist-ref", ""],
        "words": ["ยินยอม"], "officer": ["an officer"],
        "address": ["a street"], "reached_by": ["074-000-000"],
        "type": ["Feature"], "properties": [{"name_th": "ก"}, {}, None], "geometry": [A_PLACE, "as-it-is"],
        "actions": [[{"do": "create", "feature": {"type": "Feature", "geometry": A_PLACE, "properties": {}}}]],
        "If-Match": ["*", '"1"'], "If-None-Match": ['"9"'], "If-Unmodified-Since": ["Tue, 01 Dec 2099 00:00:00 GMT"],
        "Content-Crs": ["<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"],
        "Idempotency-Key": [f"k-{n}" for n in range(999)],
        "Prefer": ["return=representation", "return=minimal", "handling=lenient"],
        "layer_id": [TOWN_LAYER, ELSEWHERE], "upload": ["unknown"], "id": ["made_by_fuzz", "parcel"],
        "show": ["owner", "tax", "x"], "year": ["2567", "67", "2024", "x"], "to_year": ["2568"],
        "percent": ["0.3", "nan"], "class": ["other_use", "vacant"], "bracket": ["1", "9"],
        "use": ["residential", "vacant"], "to": ["other_use", "main_home"], "homes": ["main", "other"],
        "farms": ["person"], "vacant": ["first"],
        "public": ["taxed"], "released": [1],
        "rounding": ["half_up", "x"], "confirmed_years": ["2567 68"], "table": ["rates.csv", "../rates.csv"],
        "usual": ["yes"], "over": ["0"], "answer_home": ["not_main"], "answer_owner": ["person"],
        "answer_vacant": ["2564"], "answer_price": ["20000"],
        "f": ["json", "html", "geojson"], "from": [1, 2], "change": ["1", "x"],
        "crs": ["EPSG:32647", "EPSG:99999", "x"], "encoding": ["cp874", "hex"], "sheet": ["parcel"],
        "tax_year": ["2570", "70", "๗๐"], "whole": ["1"], "anywhere": ["1"], "parcel": [str(made["parcel"][0]), "x"],
        "owners": ["true"], "state": ["open", "x"],
        "title_th": ["ชื่อ"], "title_en": ["A title"],
        "columns": ["public", "staff"],
        "editors": ["staff", "public"], "color": ["#123456", "red"], "new_column": ["more"], "new_type": ["integer"],
        "photo": [[jpeg(drawn(40, 30))], [b"no picture"]], "caption": ["a wall"], "lon": [["100.47"], "100.4729"],
        "lat": [["7.01"], "7.016"], "taken_at": [["2569-03-01T10:00:00"]], "photo_id": ["1", "2"],
        "no_faces": ["true"], "no_plates": ["true"],
        "sha256": [planted_picture("secret-photo").sha256, planted_picture("secret-photo shown").sha256],
        "step": ["report", "inspect", "verify", "act", "revise", "nonsense"], "matrix": ["4x3", "9x9"],
        "person": ["somchai", "arun", ""], "area": ["9098", "risk_point/1", f"{made['community'][0]}"],
        "by_mail": ["1"], "back": ["/follows", "//elsewhere.example"], "original": ["1"],
        "community": [made["community"][0]], "shared_area": [made["shared_area"][0]],
        "required": ["true", "false"], "token": ["unknown"], "totp": ["000000"], "dry_run": ["true"],
    }  # fmt: skip


@pytest.mark.parametrize("who", VISITORS)
def test_no_operation_fails_or_tells_what_it_must_not_whatever_is_sent(
    who: str, database_url: str, engine: Engine, tmp_path: Path
) -> None:
    made, elsewhere = plant(engine), plant_elsewhere(engine)
    persons = [make_person(engine, "somchai", "staff municipality 9098"),
               make_person(engine, "arun", "staff municipality 9099", "care municipality 9098")]  # fmt: skip
    audience, in_browser, reached = VISITORS[who]
    keep_planted(tmp_path)
    with running(database_url, tmp_path) as address, all_that_is_logged(*CLIENTS) as written:
        visitor = Visitor(audience=audience, in_browser=in_browser, engine=engine, address=address)
        attack = Attack(
            seed=SEED + list(VISITORS).index(who), visitor=visitor, known=what_is_known(made, elsewhere, persons)
        )
        for found in schemathesis.openapi.from_url(f"{address}/openapi.json").get_all_operations():
            assert isinstance(found, Ok), found
            attack.on(found.ok())
        document = requests.get(f"{address}/openapi.json", timeout=30).json()
    if attack.faults:
        pytest.fail(f"{len(attack.faults)} faults:\n" + "\n\n".join(attack.faults[:12]), pytrace=False)
    # Nothing of the document was left out, and each was really asked as often as was meant.
    every = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {label for label, told in attack.answered.items() if len(told) >= EXAMPLES} == every
    assert sum(min(told) < 400 for told in attack.answered.values()) >= reached
    log = written.getvalue()
    assert "/collections/{collection}/items" in log
    for planted in ("secret-", "elsewhere-", password_of("somchai"), *visitor.planted):
        assert planted not in log, [line for line in log.splitlines() if planted in line][:3]
