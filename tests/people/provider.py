"""A small OpenID Connect provider, real on the wire: discovery, keys, codes with PKCE, signed ID tokens.

What it says can be bent by a test: `bend` changes the claims, `key` and `algorithm` the signature.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "atlas", "a secret of the provider"


class Provider:
    """One provider with one signed-in user."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.key: RSAKey | OctKey = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.published = self.key
        self.algorithm = "RS256"
        self.user: dict[str, Any] = {"sub": "u-1", "email": "somchai@town.example", "email_verified": True}
        self.bend: Callable[[dict[str, Any]], None] = lambda claims: None
        self.codes: dict[str, dict[str, str]] = {}
        self.seen_secret = ""

    def authorize(self, asked: dict[str, str]) -> str:
        """The address that the browser is sent back to."""
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.address})}"

    def token(self, form: dict[str, str], authorization: str, at: int) -> Response:
        """The ID token for a code, which works once and for the one who asked for it."""
        asked = self.codes.pop(form.get("code", ""), None)
        wanted = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        sound = asked is not None and asked["code_challenge"] == challenge.decode().rstrip("=")
        if (
            asked is None
            or not sound
            or authorization != f"Basic {wanted}"
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"iss": self.address, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"], **self.user}
        self.bend(claims)
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": signed})


@contextmanager
def provider(now: Callable[[], int]) -> Iterator[Provider]:
    """The provider on a port of its own; `now` is its clock."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Provider(f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(_app(found, now), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    yield found
    server.should_exit = True
    thread.join(timeout=20)


def _app(found: Provider, now: Callable[[], int]) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def metadata() -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return {"issuer": found.address} | {name: f"{found.address}/{path}" for name, path in names.items()}

    @app.get("/jwks")
    def jwks() -> dict[str, Any]:
        return {"keys": [found.published.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> RedirectResponse:
        return RedirectResponse(found.authorize(dict(request.query_params)), 302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        return found.token(form, request.headers.get("authorization", ""), now())

    return app
