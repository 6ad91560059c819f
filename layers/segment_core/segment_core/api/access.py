"""Who asks, and may they: the shop and the scopes of a request come from its token's claims, and from nowhere else.

The gateway's authorizer has checked the token and the route's scope before a function runs. The scope is checked
again here, against what the route itself declares to the OpenAPI document: a route that declares none is not served.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_core.errors import Forbidden, InvalidRequest, Unauthorised
from segment_core.record import record
from segment_core.store import keys

SECURITY_SCHEME = "token"

# Issuers use the one or the other, and the gateway takes both.
_SCOPE_CLAIMS = ("scope", "scp")

Security = list[dict[str, list[str]]]


def needs(scope: str) -> Security:
    """What a route declares as its `security`: a token with this scope."""
    return [{SECURITY_SCHEME: [scope]}]


@record
class Caller:
    """Whose data a request is about, and what it may do."""

    shop: str
    scopes: frozenset[str]

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Caller:
        """The caller of an HTTP API event. Raises Unauthorised without a token, Forbidden without a shop in it."""
        claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
        if claims is None:
            raise Unauthorised("send a token: Authorization: Bearer ...", code="no_token")
        return cls(_shop(claims), frozenset(scope for name in _SCOPE_CLAIMS for scope in _scopes(claims.get(name))))

    def require(self, security: Security) -> None:
        """Raises Forbidden unless the token has all scopes of one of the alternatives in `security`."""
        wanted = [needed.get(SECURITY_SCHEME) for needed in security]
        if not any(scopes and self.scopes.issuperset(scopes) for scopes in wanted):
            names = " or ".join(" ".join(scopes) for scopes in wanted if scopes)
            raise Forbidden(f"the token lacks the scope {names}", code="missing_scope")


def _scopes(claim: object) -> list[str]:
    """The scopes in a claim: a list, or text parted by spaces. The gateway hands a list on as text, `[a b]`."""
    texts = claim if isinstance(claim, list) else [claim]
    return [scope for text in texts if isinstance(text, str) for scope in text.strip("[]").split()]


def _shop(claims: Mapping[str, Any]) -> str:
    try:
        return keys.shop_id(str(claims.get("shop", "")))
    except InvalidRequest as error:
        raise Forbidden("the token's claim 'shop' is missing or cannot be a shop's id", code="no_shop_claim") from error
