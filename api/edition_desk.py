"""What the routes of editions may ask for: who is at work, in which towns, with connections that keep them there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.deps import Me, Now, Person, SignedIn
from api.edition_work import EditionWork
from api.layers import layers_of
from api.people.who import check_act
from geo.errors import NotYours, Text, UnknownFeature
from geo.intake.doctor.files import TAX_MAP
from geo.intake.doctor.land_office import KIND as LAND_OFFICE
from geo.intake.editions.files import EditionFiles
from geo.layer import Layer
from geo.store.area import signed
from geo.store.changing import changing_in
from geo.store.editions_books import edition_of
from geo.store.editions_tables import Edition

PARCEL = "parcel"
LAND_OFFICE_TITLE = Text("รายการจดทะเบียนของสำนักงานที่ดิน (ม.10)", "The Land Office's monthly list (ม.10)")


@dataclass(frozen=True, kw_only=True)
class EditionDesk:
    """Somebody who is signed in, the layers that are here, and their own connections for changing rows."""

    request: Request
    me: SignedIn
    now: dt.datetime
    engine: Engine
    layers: Mapping[str, Layer]
    files: EditionFiles
    work: EditionWork

    @property
    def person(self) -> Person:
        """The same as the write door knows them."""
        return Person(name=self.me.login, signed_in=self.me)

    def may_bring(self, kind: str, town: str) -> bool:
        """Whether they may bring files of this kind for this town; the monthly list is the tax map's editors'."""
        layer = self.layers[PARCEL if kind == LAND_OFFICE else kind]
        return self.person.may_load(layer, town)

    @property
    def kinds(self) -> tuple[Layer, ...]:
        """The tax map's layers that they edit."""
        return tuple(self.layers[name] for name in TAX_MAP if self.person.may_edit(self.layers[name]))

    @property
    def towns(self) -> tuple[str, ...]:
        """The municipalities that they may bring files for."""
        return tuple(sorted(self.me.areas.towns)) if self.kinds else ()

    def check(self, form: Mapping[str, str]) -> None:
        """Refuse a form that is not of this session, and a token that may only read."""
        check_act(self.request, dict(form), self.me)

    def edition(self, session: Session, number: int) -> Edition:
        """An edition that they could have brought; `UnknownFeature` for every other."""
        found = edition_of(session, number, towns=self.towns)
        if not self.may_bring(found.layer, found.municipality):
            raise UnknownFeature(f"ไม่มีไฟล์รุ่นหมายเลข {number}", f"There is no edition {number}")
        return found

    def check_is_editor(self) -> None:
        """`NotYours` for whoever edits no tax map anywhere."""
        if not self.towns:
            raise NotYours("หน้านี้สำหรับงานแผนที่ภาษี (TAX) เท่านั้น", "This is for those who keep the tax map (TAX)")

    def check_may_bring(self, kind: str, town: str) -> None:
        """`NotYours` where they may not."""
        known = kind == LAND_OFFICE or kind in TAX_MAP
        if not known or not self.may_bring(kind, town):
            raise NotYours(
                "สิทธิ์ของท่านไม่ครอบคลุมข้อมูลหรือเทศบาลนี้", "Your grant does not cover this layer or this municipality"
            )


def _desk(request: Request, me: Me, now: Now) -> EditionDesk:
    state = request.app.state

    def sign() -> str:
        return signed(state.area_key(), me.audience, me.areas)

    return EditionDesk(
        request=request, me=me, now=now, engine=changing_in(state.changing, sign), layers=layers_of(request).here,
        files=EditionFiles(state.settings.home), work=state.edition_work,
    )  # fmt: skip


TheEditionDesk = Annotated[EditionDesk, Depends(_desk)]
