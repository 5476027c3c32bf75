"""The tax base of a town with one thing changed: for its planners in safe figures, for its tax office exactly.

Nobody else simulates anything: whoever may ask as often as they like learns by subtraction. What everybody reads is
what a steward or the tax office released: rounded and suppressed figures that stay as they are.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.definition import HTML, JSON, answers
from api.deps import Asking, Known, Me, Now, PeopleSession, WritingEngine
from api.negotiation import language_of
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.page_forms import done
from api.people.who import SignedIn, check_act
from api.reading.exports import sheet_answer, wanted_format
from api.reading.looking import Picture, as_everybody, towns_here
from api.routes.styles import kept_page
from api.tax_simulated import ASSUMED as ASSUMED_TOLD
from api.tax_simulated import CHOICES, TOGETHER, Wished, how_told, map_of, sheet_of, simulated
from geo.errors import BadRequest, NotSignedIn, NotYours, Text, UnknownFeature
from geo.layer import Audience
from geo.people.grants import BANGKOK
from geo.store.audit import note
from geo.store.db import session_of
from geo.store.read import Asking as WhoAsks
from geo.store.simulation import release_scenario, released_scenario, released_scenarios, withdraw_scenario
from geo.store.tax_settings import town_rules
from geo.tax.many import CLASSES
from geo.tax.scenario import WORDS, Scenario, as_words, scenario_in
from geo.tax.town import TownRules
from geo.tax.town_base import USE_CODES as _USES

router = APIRouter(tags=["taxes"], dependencies=[Known])

FILES = answers(HTML, JSON, "text/csv")
MOST_TITLE = 200
A_word = Annotated[str | None, Query(max_length=40)]
A_number = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="one that was released")]
_PLANNERS = (Audience.STAFF, Audience.CARE, Audience.TAX, Audience.STEWARD)


@router.get("/tax/simulation", response_model=None, responses=FILES)
def get_simulation(
    request: Request, asking: Asking, people: PeopleSession, now: Now,
    municipality: Annotated[str | None, Query(max_length=20)] = None, released: A_number = None, year: A_word = None,
    to_year: A_word = None, kind: Annotated[str | None, Query(max_length=40, alias="class")] = None,
    bracket: A_word = None, percent: A_word = None, use: A_word = None, community: A_word = None, to: A_word = None,
    homes: A_word = None, farms: A_word = None, vacant: A_word = None, public: A_word = None,
) -> Response:  # fmt: skip
    """A simulation for the planners of a town; for everybody else what was released."""
    written = (year, to_year, kind, bracket, percent, use, community, to, homes, farms, vacant, public)
    words = {name: one for name, one in zip(WORDS, written, strict=True) if one}
    with as_everybody(request) as everybody:
        towns = towns_here(everybody.session)
        town = municipality or next(iter(sorted(asking.areas.towns & set(towns)) or sorted(towns)), None)
        if town is not None and town not in towns:
            raise UnknownFeature(f"ไม่พบเทศบาล {town}", f"There is no municipality {town}")
        picture = everybody.town(town) if town is not None else Picture(communities=[], height=0)
    plans = town is not None and asking.audience in _PLANNERS and town in asking.areas.towns
    this_year = now.astimezone(BANGKOK).year
    scenario, notes = scenario_in(words, year=this_year)
    if words and not plans and released is None:
        # Whoever follows a planner's address reads the same where it was released, and nothing where it was not.
        released = _same(people, town, scenario)
        if released is None:
            raise _not_for(asking)
    known: dict[str, Any] = {"notes": (), "document": None, "told_as": None, "number": None}
    if released is not None:
        if town is None:
            raise UnknownFeature(f"ไม่มีการจำลองหมายเลข {released}", f"There is no simulation {released}")
        kept = released_scenario(people, town, released)
        known |= {"document": kept.told, "number": kept.id, "title": kept.title, "made_at": kept.made_at}
    elif plans and town is not None:
        rules = town_rules(people, town)
        wished = _wished(town, scenario, rules, picture, asking, now)
        if wished.is_exact:
            _write_down(request, asking)
        known |= {"notes": notes, "document": simulated(people, wished)}
    return _answer(request, asking, people, towns, town, picture, plans=plans, now=now, **known)


def _same(people: Session, town: str | None, scenario: Scenario) -> int | None:
    """The newest release of this very scenario."""
    asked = as_words(scenario)
    return next((one.id for one in (released_scenarios(people, town) if town else ()) if one.asked == asked), None)


def _not_for(asking: WhoAsks) -> NotSignedIn | NotYours:
    told = (
        "การจำลองเปิดให้เจ้าหน้าที่ของเทศบาลนี้ ผู้อื่นดูได้เฉพาะผลที่เผยแพร่แล้ว",
        "Simulations are for this town's own staff; everybody else reads what was released",
    )
    return NotSignedIn(*told) if asking.person is None else NotYours(*told)


def _wished(
    town: str, scenario: Scenario, rules: TownRules, picture: Picture, asking: WhoAsks, now: Any, *, safe: bool = False
) -> Wished:
    names = {one.id: one.words for one in picture.communities}
    if scenario.use is not None and scenario.use.community is not None and scenario.use.community not in names:
        raise BadRequest("ชุมชนนี้ไม่อยู่ในเทศบาลที่เลือก", "That community is not in this municipality")
    return Wished(
        municipality=town, scenario=scenario, town=rules, names=names,
        is_exact=asking.audience is Audience.TAX and not safe, reference_year=now.astimezone(BANGKOK).year,
    )  # fmt: skip


def _write_down(request: Request, asking: WhoAsks) -> None:
    """Exact sums rest on values: one line in the log of readings, of no single parcel."""
    if not (asking.person and asking.purpose):
        raise NotYours("ต้องระบุเหตุผลของการอ่านข้อมูลนี้", "Reading this needs a purpose")
    note(request.app.state.noting, person=asking.person, audience=asking.audience, purpose=asking.purpose,
         door="/tax/simulation", layer="parcel", ids=())  # fmt: skip


def _answer(
    request: Request, asking: WhoAsks, people: Session, towns: dict[str, dict[str, Any]], town: str | None,
    picture: Picture, *, plans: bool, now: Any, **known: Any,
) -> Response:  # fmt: skip
    document = known["document"]
    wanted = wanted_format(request, "csv", "json")
    if wanted != "html":
        if document is None:
            raise UnknownFeature("ยังไม่มีการจำลองที่เผยแพร่", "No simulation has been released")
        return sheet_answer(request, sheet_of(document), wanted, f"tax-{town}")
    language = language_of(request)
    may_release = plans and asking.audience in (Audience.TAX, Audience.STEWARD)
    rules = town_rules(people, town)
    this_year = now.astimezone(BANGKOK).year
    made = page(
        request, "tax_simulation.html", towns=towns, town=town, picture=picture, plans=plans,
        may_release=may_release, is_office=asking.audience is Audience.TAX, released=_released(people, town),
        drawing=map_of(document, picture, language) if document else None, known=known,
        how=how_told(document) if document else None, together=TOGETHER,
        class_options=[(str(kind), kind.label) for kind in CLASSES],
        use_options=[(one.code, one.label) for one in _USES.codes],
        community_options=[(str(one.id), Text(one.words["name_th"], one.words.get("name_en") or one.words["name_th"]))
                           for one in picture.communities],
        choice_options=[(name, label, [(str(one), ASSUMED_TOLD[one]) for one in options])
                        for name, label, options in CHOICES],
        brackets=[(kind, rules.rules.brackets(kind, this_year)) for kind in CLASSES] if plans else [],
        address=f"/tax/simulation?{urlencode(_address(town, known))}",
        years=[(str(one), Text(f"{one + 543} (ค.ศ. {one})", f"{one} (B.E. {one + 543})"))
               for one in range(this_year + 3, 2019, -1)],
        csrf=cookies.session_csrf(request) if may_release else "",
    )  # fmt: skip
    return kept_page(request, made)


def _address(town: str | None, known: dict[str, Any]) -> dict[str, str]:
    """Where this very answer is read again."""
    more = {"released": str(known["number"])} if known["number"] else (known["document"] or {}).get("asked", {})
    return {"municipality": town or "", **more}


def _released(people: Session, town: str | None) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "title": one.title, "made_at": one.made_at, "about": one.told["about"]}
        for one in (released_scenarios(people, town) if town else ())
    ]


@router.post("/tax/simulation/releases", response_model=None, status_code=201,
             openapi_extra=fields("municipality", "title", optional=(*WORDS, "csrf"), status=201))  # fmt: skip
def release_simulation(
    request: Request, form: SmallForm, me: Me, asking: Asking, engine: WritingEngine, now: Now
) -> Response:
    """Release a simulation for everybody: its rounded and suppressed figures, as they are now."""
    check_act(request, form, me)
    town = _governed(me, needed(form, "municipality", most=20))
    title = needed(form, "title", most=MOST_TITLE)
    scenario, _ = scenario_in({name: form[name] for name in WORDS if name in form}, year=now.astimezone(BANGKOK).year)
    with as_everybody(request) as everybody:
        picture = everybody.town(town)
    with session_of(engine) as session:
        wished = _wished(town, scenario, town_rules(session, town), picture, asking, now, safe=True)
        told = simulated(session, wished)
        number = release_scenario(
            session, town, title=title, asked=told["asked"], told=told, by=me.login, at=now
        )  # fmt: skip
    return done(request, f"/tax/simulation?municipality={town}&released={number}", status=201, number=number)


@router.post("/tax/simulation/releases/{number}/withdraw", response_model=None,
             openapi_extra=fields("municipality", optional=("csrf",)))  # fmt: skip
def withdraw_simulation(
    request: Request, number: int, form: SmallForm, me: Me, engine: WritingEngine, now: Now
) -> Response:
    """Take a released simulation back."""
    check_act(request, form, me)
    town = _governed(me, needed(form, "municipality", most=20))
    with session_of(engine) as session:
        withdraw_scenario(session, released_scenario(session, town, number), by=me.login, at=now)
    return done(request, f"/tax/simulation?municipality={town}", number=number, state="withdrawn")


def _governed(me: SignedIn, town: str) -> str:
    if me.audience not in (Audience.TAX, Audience.STEWARD) or town not in me.areas.towns:
        raise NotYours("เผยแพร่ได้เฉพาะผู้ดูแลหรืองานภาษีของเทศบาลนั้น", "Only that town's stewards or tax office may do this")
    return town
