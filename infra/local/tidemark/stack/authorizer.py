"""Tokens: an issuer of this stack's own, and the check that API Gateway's JWT authorizer makes.

Tokens run on real time. Moving the stack's clock logs nobody out.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tidemark.stack.database import Database
from tidemark.stack.wiring import Authorizer, Route

_ALGORITHM = "RS256"
_KEY = "issuer.key"
_KEY_BITS = 2048
# API Gateway allows clocks to differ by so much.
_LEEWAY_SECONDS = 5

Claims = dict[str, Any]


class Refused(Exception):
    """A request that is not let through: the status, and what `www-authenticate` says."""

    def __init__(self, status: int, challenge: str) -> None:
        super().__init__(challenge)
        self.status = status
        self.challenge = challenge


class Issuer:
    """Signs tokens with a key that is made once, and kept with the data."""

    def __init__(self, database: Database) -> None:
        kept = database.setting(_KEY)
        if kept is None:
            kept = _new_key()
            database.remember(_KEY, kept)
        self._key = cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(kept.encode(), password=None))
        self.public_key = self._key.public_key()

    def token(self, authorizer: Authorizer, shop: str, scope: str, ttl: int) -> str:
        """A token for that authorizer, good for `ttl` seconds."""
        now = int(time.time())
        claims = {
            "iss": authorizer.issuer,
            "aud": authorizer.audience[0],
            "sub": f"local:{shop}",
            "shop": shop,
            "scope": scope,
            "iat": now,
            "exp": now + ttl,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self._key, _ALGORITHM, headers={"kid": "local"})

    def key_set(self) -> dict[str, Any]:
        """The public key, as issuers publish it."""
        key = json.loads(RSAAlgorithm.to_jwk(self.public_key))
        return {"keys": [{**key, "kid": "local", "use": "sig", "alg": _ALGORITHM}]}


class Gate:
    """Checks what a request brings against what its route asks for."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def claims(self, authorizer: Authorizer, header: str | None) -> Claims:
        """The claims of the request's token. Raises Refused."""
        if not header:
            raise Refused(401, "Bearer")
        scheme, _, token = header.strip().partition(" ")
        # API Gateway takes a bare token too.
        token = token.strip() if scheme.lower() == "bearer" else header.strip()
        try:
            claims: Claims = jwt.decode(
                token,
                self._issuer.public_key,
                [_ALGORITHM],
                issuer=authorizer.issuer,
                audience=list(authorizer.audience),
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Refused(401, f'Bearer error="invalid_token" error_description="{error}"') from error
        return claims

    def check_scopes(self, route: Route, claims: Claims) -> None:
        """One of the route's scopes must be in the token. Raises Refused."""
        if route.scopes and not set(route.scopes) & set(scopes_of(claims)):
            raise Refused(403, f'Bearer scope="{" ".join(route.scopes)}" error="insufficient_scope"')


def scopes_of(claims: Claims) -> Sequence[str]:
    """The scopes of a token: text parted by spaces, or a list."""
    value: Any = claims.get("scope", claims.get("scp", ""))
    return value.split() if isinstance(value, str) else list(value)


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()
