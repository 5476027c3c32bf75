"""A parcel of the register as an officer needs it; its owner, and the estimate of its tax, for the tax office alone.

What is kept by name stands behind a button that says that the look is written down. It is asked for with POST, so that
nothing that opens addresses ahead (a browser's prefetch, a preview, a link checker) ever looks, and writes, unasked.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from api.definition import JSON_ONLY, PAGE
from api.deps import Asking, Known, Me, Now, PeopleSession, key_of, session_as
from api.negotiation import wants_html
from api.pages import STRICT, page
from api.parcel_page import PARCEL, parcel_page, parcel_town
from api.people import cookies
from api.people.cookies import check_session_form
from api.people.forms import SmallForm, fields, needed
from api.people.page_forms import PRIVATE
from api.routes.history import OPERATIONS
from api.routes.styles import kept_page
from api.tax_told import ANSWERS, ParcelTax, as_document, parcel_tax, with_answers, year_asked, years_offered
from geo.errors import BadRequest, NotSignedIn, NotYours, Text
from geo.layer import Audience
from geo.people.grants import BANGKOK
from geo.store.parcel_register import OWNER_FIELDS, as_staff, boards_of, lot_of, on_it, owner_of
from geo.store.read import Asking as WhoAsks
from geo.store.tax_settings import town_rules
from layers import LAYERS

router = APIRouter(tags=["parcels"], dependencies=[Known])

OWNER, TAX = "owner", "tax"
_OPTIONS = {
    asked: (PARCEL.fields[name].label, [(code.code, code.label) for code in codes.codes])
    for asked, name in ANSWERS.items() if (codes := PARCEL.fields[name].codes) is not None
}  # fmt: skip


@router.get("/parcels/{fid}", response_model=None, responses=PAGE)
def get_parcel(request: Request, fid: str, asking: Asking, people: PeopleSession, now: Now) -> Response:
    """Everything about one parcel that whoever asks may read."""
    return kept_page(request, _page(request, asking, people, key_of(PARCEL, fid), now.astimezone(BANGKOK).year))


@router.post("/parcels/{fid}", response_model=None, openapi_extra=fields("show", optional=("year", *ANSWERS, "csrf")))
def show_of_parcel(
    request: Request, fid: str, form: SmallForm, me: Me, asking: Asking, people: PeopleSession, now: Now
) -> Response:
    """Show the owner (`show=owner`) or the estimate (`show=tax`) of a parcel; the look is written down."""
    if me.in_browser:
        check_session_form(request, form)
    number, this_year = key_of(PARCEL, fid), now.astimezone(BANGKOK).year
    show = needed(form, "show", most=20)
    if show not in (OWNER, TAX):
        raise BadRequest("show ต้องเป็น owner หรือ tax", "show must be owner or tax")
    _check_office(request, asking, number)
    more: dict[str, Any] = {}
    if show == OWNER:
        with session_as(request, asking) as session:
            more["owner"] = owner_of(session, LAYERS, asking, number)
        document = {"parcel": number, **more["owner"]}
    else:
        year, read_as = year_asked(form.get("year"), now=this_year)
        more |= {"tax": _tax(request, asking, people, number, year, form), "read_as": read_as, "answers": form}
        document = as_document(number, more["tax"], read_as=read_as)
    if not wants_html(request):
        return JSONResponse(document, headers=PRIVATE)
    return _page(request, asking, people, number, this_year, **more)


@router.get("/parcels/{fid}/tax", response_model=None, responses=JSON_ONLY)
def get_parcel_tax(
    request: Request, fid: str, asking: Asking, people: PeopleSession, now: Now,
    year: Annotated[str | None, Query(max_length=10, description="2024, or 2567 in the Buddhist era")] = None,
) -> Response:  # fmt: skip
    """The estimate for programs, for the tax office of that town; the look is written down."""
    if "prefetch" in request.headers.get("sec-purpose", "") + request.headers.get("purpose", ""):
        raise NotYours("ไม่เปิดล่วงหน้า เพราะการอ่านนี้ถูกบันทึก", "This is not opened ahead: reading it is written down")
    number = key_of(PARCEL, fid)
    _check_office(request, asking, number)
    found, read_as = year_asked(year, now=now.astimezone(BANGKOK).year)
    return JSONResponse(
        as_document(number, _tax(request, asking, people, number, found, {}), read_as=read_as), headers=PRIVATE
    )


def _check_office(request: Request, asking: WhoAsks, fid: int) -> None:
    """Refuse everybody but the tax office of the parcel's town, before anything is read by name."""
    if asking.audience is Audience.PUBLIC and asking.person is None:
        raise NotSignedIn("โปรดเข้าสู่ระบบก่อน", "Please sign in first")
    if asking.audience is not Audience.TAX:
        raise NotYours(
            "เจ้าของ เอกสารสิทธิ และภาษีเป็นของงานภาษีเท่านั้น โปรดเปลี่ยนบทบาทเป็น tax ที่หน้า /auth/me ก่อน",
            "Owner, deed and tax are the tax office's alone; switch to `tax` on /auth/me first",
        )
    if parcel_town(request, fid)["properties"].get("municipality") not in asking.areas.towns:
        raise NotYours("แปลงนี้อยู่ในเทศบาลอื่น", "This parcel is in another municipality")


def _tax(
    request: Request, asking: WhoAsks, people: PeopleSession, fid: int, year: int, form: dict[str, str]
) -> ParcelTax:  # fmt: skip
    town = town_rules(people, parcel_town(request, fid)["properties"].get("municipality"))
    with session_as(request, as_staff(asking)) as session:
        boards = boards_of(on_it(session, LAYERS["sign_board"], asking, fid))
    with session_as(request, asking) as session:
        lot = lot_of(session, LAYERS, asking, fid)
    lot, answered = with_answers(lot, form)
    return parcel_tax(lot, boards, year, town, answered)


def _page(
    request: Request, asking: WhoAsks, people: PeopleSession, fid: int, this_year: int, **more: Any
) -> Response:  # fmt: skip
    found = parcel_page(request, asking, people, fid)
    chosen = more["tax"].year if "tax" in more else this_year
    return page(
        request, "parcel.html", policy=f"{STRICT}; frame-src 'self'", page=found, fields=PARCEL.fields, layers=LAYERS,
        operations=OPERATIONS, owner=more.get("owner"), tax=more.get("tax"), read_as=more.get("read_as"),
        answers=more.get("answers", {}), owner_fields=OWNER_FIELDS, code_options=_OPTIONS,
        years=[(str(one), Text(f"{one + 543} (ค.ศ. {one})", f"{one} (B.E. {one + 543})"))
               for one in years_offered(this_year)],
        chosen_year=str(chosen), csrf=cookies.session_csrf(request) if found.is_tax else "",
    )  # fmt: skip
