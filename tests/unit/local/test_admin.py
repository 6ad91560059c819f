"""What the stack is asked about itself, and how it says that it was asked in a wrong way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tidemark.stack import Stack
from tidemark.stack.admin import Admin
from tidemark.stack.http_server import Request


@pytest.fixture
def asked() -> list[Any]:
    """What got through to the stack."""
    return []


@pytest.fixture
def admin(asked: list[Any]) -> Admin:
    def token(*wanted: Any) -> str:
        asked.append(wanted)
        return "issued"

    routes = [SimpleNamespace(scopes=("segments:read",)), SimpleNamespace(scopes=("admin", "segments:read"))]
    stack = SimpleNamespace(url="http://127.0.0.1:1", token=token, wiring=SimpleNamespace(routes=routes))
    stack.clock = SimpleNamespace(now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    stack.freeze_clock = stack.move_clock = asked.append
    return Admin(cast("Stack", stack))


def _post(admin: Admin, path: str, body: bytes) -> tuple[int, Any]:
    answer = admin(Request("POST", f"/_local/{path}", [("host", "127.0.0.1:1")], body, "127.0.0.1"))
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("clock", b"{", "the body is not JSON"),
        ("clock", b"\xff", "the body is not JSON"),
        ("clock", b"[]", "the body must be a JSON object"),
        ("clock", b'{"freeze": "no"}', "freeze must be true or false"),
        ("clock", b'{"to": 5}', "to must be text"),
        ("clock", b'{"to": "tomorrow"}', "'tomorrow' is not an instant with its offset: write it like 2026-03-01…"),
        ("clock", b'{"advance": 5}', "advance must be text"),
        ("token", b"{}", "a token speaks for a shop: say which as shop"),
        ("token", b'{"shop": " "}', "a token speaks for a shop: say which as shop"),
        ("token", b'{"shop": "demo", "scope": "admin foo"}', "no route asks for the scope 'foo': there are admin, …"),
    ],
)  # fmt: skip
def test_what_is_refused(admin: Admin, asked: list[Any], path: str, body: bytes, message: str) -> None:
    status, told = _post(admin, path, body)
    assert status == 400
    assert told["message"].startswith(message.removesuffix("…"))
    assert message.endswith("…") or told["message"] == message
    assert asked == []


def test_a_token_of_scopes_that_routes_ask_for(admin: Admin, asked: list[Any]) -> None:
    body = b'{"shop": "demo", "scope": "admin segments:read", "ttl": 60}'
    assert _post(admin, "token", body) == (200, {"token": "issued", "expires_in": 60})
    assert asked == [("demo", "admin segments:read", 60)]
