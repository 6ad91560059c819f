"""What the stack is asked about itself, and how it says that it was asked in a wrong way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tidemark.stack import Stack
from tidemark.stack.admin import Admin
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.functions import Outcome
from tidemark.stack.http_server import Request
from tidemark.stack.queues import Queue, Queues
from tidemark.stack.wiring import QueueSettings


@pytest.fixture
def asked() -> list[Any]:
    """What got through to the stack."""
    return []


@pytest.fixture
def queue() -> Iterator[Queue]:
    database = Database(None)
    settings = QueueSettings("tidemark-Inbox", "arn:inbox", "url/tidemark-Inbox", 30, 0, 1024, None, None)
    yield Queues([settings], database, StackClock(database, None)).named("tidemark-Inbox")
    database.close()


@pytest.fixture
def admin(asked: list[Any], queue: Queue) -> Admin:
    def token(*wanted: Any) -> str:
        asked.append(wanted)
        return "issued"

    def fire(*wanted: Any) -> Outcome:
        asked.append(wanted)
        return Outcome("", "done", None)

    routes = [SimpleNamespace(scopes=("segments:read",)), SimpleNamespace(scopes=("admin", "segments:read"))]
    stack = SimpleNamespace(url="http://127.0.0.1:1", token=token, wiring=SimpleNamespace(routes=routes))
    stack.clock = SimpleNamespace(now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    stack.freeze_clock = stack.move_clock = asked.append
    stack.queues = SimpleNamespace(named=lambda name: {"tidemark-Inbox": queue}[name])
    stack.schedules = SimpleNamespace(fire_now=fire)
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


def test_a_token_of_no_scope_in_particular_is_for_all(admin: Admin, asked: list[Any]) -> None:
    assert _post(admin, "token", b'{"shop": "demo"}')[0] == 200
    assert asked == [("demo", "admin segments:read", 3600)]


def test_a_message_is_sent_to_a_queue(admin: Admin, queue: Queue) -> None:
    text = "{" + '"detail-type": "shopifyWebhook", "name": "Zoë"' + "}"
    status, told = _post(admin, "queues/tidemark-Inbox/messages", text.encode())
    (message,) = queue.peek()
    assert (status, told, message.body) == (200, {"message_id": message.message_id}, text)
    assert _post(admin, "queues/nobodys/messages", b'{"a": 1}')[0] == 404


def test_what_no_message_may_be_is_refused(admin: Admin, queue: Queue) -> None:
    for body in (b"", b"{}", b"[]", b'{"a": "%s"}' % (b"x" * 1024)):
        assert _post(admin, "queues/tidemark-Inbox/messages", body)[0] == 400
    assert queue.peek() == []


def test_a_schedule_is_fired_with_its_own_event_or_another(admin: Admin, asked: list[Any]) -> None:
    assert _post(admin, "schedules/EveryDay", b"") == (200, {"value": "done", "error": None})
    assert _post(admin, "schedules/EveryDay", b'{"repair": true}')[0] == 200
    assert asked == [("EveryDay", None), ("EveryDay", {"repair": True})]
