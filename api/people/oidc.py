"""OpenID Connect: signing in with the account that the municipality, or a university, gave its people already.

The code flow with PKCE, a state and a nonce that live in a sealed cookie; the ID token's signature, issuer, audience,
times and nonce are checked before anything in it is believed. Nobody gets an account by this: a person must be known.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import OAuth2Error
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry
from requests.exceptions import RequestException
from starlette.requests import Request

from api.settings import Settings
from geo.errors import NotSignedIn, ProviderAway, UnknownPerson

SECONDS = 5
SCOPE = "openid email profile"
# Signatures by the provider's own key; with HS256 or `none` anybody could write a token.
ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY = 60
METADATA_FOR = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Began:
    """A sign-in on its way: where the browser goes, and what must come back with it."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the provider says of somebody: its own name for them, a proven address, whether they used codes."""

    subject: str
    email: str | None
    with_codes: bool


def issuer_of(settings: Settings) -> str:
    """The provider's address; where the town named none there is no such door."""
    if not (settings.oidc_issuer and settings.oidc_client_id):
        raise UnknownPerson("ไม่ได้เปิดการเข้าสู่ระบบผ่านผู้ให้บริการอื่น", "Sign-in through another provider is not set up here")
    return settings.oidc_issuer


def begin(request: Request, *, back: str, at: dt.datetime) -> Began:
    """Where the browser goes to sign in at the provider."""
    settings: Settings = request.app.state.settings
    found = _metadata(request, at)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with _client(settings, back) as client:
        url, state = client.create_authorization_url(
            found["authorization_endpoint"], nonce=nonce, code_verifier=verifier
        )
    return Began(url=url, state=state, nonce=nonce, verifier=verifier)


def finish(request: Request, *, back: str, code: str, nonce: str, verifier: str, at: dt.datetime) -> Told:
    """What the provider tells for a code; `NotSignedIn` where its token does not hold."""
    settings: Settings = request.app.state.settings
    found = _metadata(request, at)
    try:
        with _client(settings, back) as client:
            token = client.fetch_token(
                found["token_endpoint"], code=code, code_verifier=verifier, grant_type="authorization_code",
                timeout=SECONDS,
            )  # fmt: skip
            keys = KeySet.import_key_set(cast(KeySetSerialization, _got(client, found["jwks_uri"])))
        signed = jwt.decode(str(token["id_token"]), keys, registry=JWSRegistry(algorithms=ALGORITHMS))
        options = {"iss": {"essential": True, "value": issuer_of(settings)},
                   "aud": {"essential": True, "value": settings.oidc_client_id}}  # fmt: skip
        params = {"nonce": nonce, "client_id": settings.oidc_client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(signed.claims, signed.header, options, params)
        claims.validate(now=int(at.timestamp()), leeway=LEEWAY)
    except RequestException as error:
        raise _away() from error
    except (JoseError, OAuth2Error, KeyError, ValueError) as error:
        # The kind of failure is for the log; its text may hold the token.
        raise NotSignedIn("ผู้ให้บริการไม่ยืนยันการเข้าสู่ระบบนี้", "The provider did not confirm this sign-in") from error
    email = str(claims.get("email", "")).strip().casefold() if claims.get("email_verified") is True else None
    methods = claims.get("amr") or []
    return Told(subject=f"{claims['iss']} {claims['sub']}", email=email or None,
                with_codes=bool({"mfa", "otp", "hwk"} & set(map(str, methods))))  # fmt: skip


def _client(settings: Settings, back: str) -> Any:
    method = "client_secret_basic" if settings.oidc_secret else "none"
    return OAuth2Session(
        settings.oidc_client_id, settings.oidc_secret, redirect_uri=back, scope=SCOPE,
        token_endpoint_auth_method=method, code_challenge_method="S256",
    )  # fmt: skip


def _metadata(request: Request, at: dt.datetime) -> dict[str, str]:
    """The provider's own description, kept for an hour."""
    state, settings = request.app.state, request.app.state.settings
    issuer = issuer_of(settings)
    kept = getattr(state, "oidc", None)
    if kept is not None and kept[0] > at:
        known: dict[str, str] = kept[1]
        return known
    try:
        with _client(settings, "") as client:
            found = _got(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    except (RequestException, ValueError) as error:
        raise _away() from error
    named = [found.get(name, "") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if found.get("issuer") != issuer or not all(_is_safe(str(one)) for one in named):
        raise _away()
    state.oidc = (at + METADATA_FOR, found)
    return found


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def _got(client: Any, address: str) -> dict[str, Any]:
    answer = client.get(address, withhold_token=True, timeout=SECONDS, allow_redirects=False)
    found = json.loads(answer.content[: 1024**2]) if answer.status_code == 200 else None
    if not isinstance(found, dict):
        raise ValueError("the provider's document cannot be read")
    return found


def _away() -> ProviderAway:
    return ProviderAway(
        "ผู้ให้บริการเข้าสู่ระบบไม่ตอบสนอง ใช้รหัสผ่านหรือลองใหม่ภายหลัง",
        "The sign-in provider does not answer; use your password, or try later",
    )
