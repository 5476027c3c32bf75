"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.deps import Known
from geo.errors import SetupMissing
from geo.store.db import told_when_away
from geo.store.migrate import is_current
from geo.store.roles import Role

router = APIRouter(tags=["health"], dependencies=[Known])


@router.get("/healthz", response_class=JSONResponse)
def healthz() -> dict[str, str]:
    """The process answers; says nothing of the database."""
    return {"status": "alive"}


@router.get("/readyz", response_class=JSONResponse)
def readyz(request: Request) -> dict[str, str]:
    """The database answers and has the tables this code expects; 503 otherwise."""
    with told_when_away(), Session(request.app.state.reading[Role.PUBLIC]) as session:
        session.execute(text("SELECT 1"))
        if not is_current(session.connection()):
            raise SetupMissing("ตารางในฐานข้อมูลยังไม่เป็นรุ่นนี้", "The database's tables are not of this version yet")
    return {"status": "ready"}
