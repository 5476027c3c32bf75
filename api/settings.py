"""The environment, read once and handed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import SetupMissing


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a town may set; the table in the README is made from these fields."""

    home: Path = field(default=Path(".atlas"), metadata={"name": "ATLAS_HOME"})
    database_url: str | None = field(default=None, metadata={"name": "ATLAS_DATABASE_URL"})
    host: str = field(default="127.0.0.1", metadata={"name": "ATLAS_HOST"})
    port: int = field(default=8000, metadata={"name": "ATLAS_PORT"})
    workers: int = field(default=1, metadata={"name": "ATLAS_WORKERS"})
    base_url: str | None = field(default=None, metadata={"name": "ATLAS_BASE_URL"})
    basemap: str | None = field(default=None, metadata={"name": "ATLAS_BASEMAP"})
    demo: bool = field(default=False, metadata={"name": "ATLAS_DEMO"})
    oidc_issuer: str | None = field(default=None, metadata={"name": "ATLAS_OIDC_ISSUER"})
    oidc_client_id: str | None = field(default=None, metadata={"name": "ATLAS_OIDC_CLIENT_ID"})
    oidc_secret: str | None = field(default=None, repr=False, metadata={"name": "ATLAS_OIDC_SECRET"})
    photos: str | None = field(default=None, metadata={"name": "ATLAS_PHOTOS"})
    smtp: str | None = field(default=None, repr=False, metadata={"name": "ATLAS_SMTP"})
    mail_from: str | None = field(default=None, metadata={"name": "ATLAS_MAIL_FROM"})
    log: str = field(default="info", metadata={"name": "ATLAS_LOG"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process; `SetupMissing` tells which value makes no sense."""
        env = os.environ if environment is None else environment
        basemap = env.get("ATLAS_BASEMAP", "none")
        return cls(
            home=Path(env.get("ATLAS_HOME") or ".atlas").resolve(),
            database_url=_driver_named(env.get("ATLAS_DATABASE_URL") or None),
            host=env.get("ATLAS_HOST") or "127.0.0.1",
            port=_whole(env, "ATLAS_PORT", 8000, most=65535),
            workers=_whole(env, "ATLAS_WORKERS", 1, most=64),
            base_url=(env.get("ATLAS_BASE_URL") or "").rstrip("/") or None,
            basemap=None if basemap in ("", "none") else basemap,
            demo=env.get("ATLAS_DEMO", "0").lower() in ("1", "true", "yes"),
            oidc_issuer=env.get("ATLAS_OIDC_ISSUER") or None,
            oidc_client_id=env.get("ATLAS_OIDC_CLIENT_ID") or None,
            oidc_secret=env.get("ATLAS_OIDC_SECRET") or None,
            photos=env.get("ATLAS_PHOTOS") or None,
            smtp=env.get("ATLAS_SMTP") or None,
            mail_from=env.get("ATLAS_MAIL_FROM") or None,
            log=env.get("ATLAS_LOG", "info").lower(),
        )

    @property
    def address(self) -> str:
        """Where a person on this machine finds the server."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # compared, not bound
        return self.base_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _whole(env: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise SetupMissing(
            f"{name} ต้องเป็นจำนวนเต็ม 1–{most}", f"{name} must be a whole number from 1 to {most}, not {text!r}"
        )
    return int(text)


def _driver_named(url: str | None) -> str | None:
    """People write `postgresql://`; SQLAlchemy must be told which driver."""
    for plain in ("postgresql://", "postgres://"):
        if url and url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
