"""The shop and the scopes of a request are those of its token."""

from __future__ import annotations

from typing import Any

import pytest

from segment_core.api.access import Caller, needs
from segment_core.errors import Forbidden, Unauthorised


def event(claims: dict[str, Any] | None) -> dict[str, Any]:
    authorizer = {} if claims is None else {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}
    return {"requestContext": authorizer}


def test_shop_and_scopes_are_claims() -> None:
    caller = Caller.of_event(event({"shop": "demo", "scope": "segments:read  customers:read"}))
    assert caller == Caller("demo", frozenset({"segments:read", "customers:read"}))


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "segments:read customers:read"},
        {"scp": "segments:read customers:read"},
        {"scp": ["segments:read", "customers:read"]},
        # A list, as the gateway hands it on.
        {"scp": "[segments:read customers:read]"},
        {"scope": "[customers:read segments:read]"},
        {"scope": "segments:read", "scp": "[customers:read]"},
        {"scope": None, "scp": "segments:read customers:read"},
    ],
)
def test_scopes_are_read_as_issuers_write_them(claims: dict[str, Any]) -> None:
    assert Caller.of_event(event({"shop": "demo", **claims})).scopes == {"segments:read", "customers:read"}


@pytest.mark.parametrize(
    "claims", [{}, {"scope": None}, {"scope": ""}, {"scp": "[]"}, {"scp": []}, {"scp": [None]}, {"scope": {"admin": 1}}]
)
def test_a_token_may_have_no_scope(claims: dict[str, Any]) -> None:
    assert Caller.of_event(event({"shop": "demo", **claims})).scopes == frozenset()


def test_without_a_token_nobody_is_let_in() -> None:
    with pytest.raises(Unauthorised):
        Caller.of_event(event(None))


@pytest.mark.parametrize("claims", [{}, {"shop": ""}, {"shop": "Demo"}, {"shop": "demo#1"}, {"shop": None}])
def test_a_token_without_a_shop_is_for_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(Forbidden) as refused:
        Caller.of_event(event({**claims, "scope": "admin"}))
    assert refused.value.code == "no_shop_claim"


def test_a_scope_is_needed_in_full() -> None:
    caller = Caller("demo", frozenset({"segments:read", "admin2"}))
    caller.require(needs("segments:read"))
    for scope in ("segments:write", "segments", "admin"):
        with pytest.raises(Forbidden) as refused:
            caller.require(needs(scope))
        assert refused.value.code == "missing_scope"


@pytest.mark.parametrize("security", [[], [{}], [{"token": []}]])
def test_a_route_that_asks_for_no_scope_is_open_to_nobody(security: list[dict[str, list[str]]]) -> None:
    with pytest.raises(Forbidden):
        Caller("demo", frozenset({"admin"})).require(security)
