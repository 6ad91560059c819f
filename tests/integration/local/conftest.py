"""A stack of the sample template on each store, and a way to ask it and to see what its functions saw."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tidemark.stack import Stack

TEMPLATE = Path(__file__).parent / "sample" / "template.yaml"
START = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
NEXT_WORK = {"Minutely": "app:next_work"}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is parsed where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Sample:
    """A running sample stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._seen = 0

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; a body that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection(urlsplit(self.stack.url).netloc, timeout=60)
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, raw, {"content-type": "application/json", **sent})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        is_json = "json" in response.headers.get("content-type", "") and content
        return Answer(response.status, dict(response.headers), json.loads(content) if is_json else content)

    def do(self, **order: Any) -> Answer:
        """Have the front function do something."""
        return self.ask("POST", "/do", order)

    def token(self, scope: str = "read") -> str:
        """An Authorization header."""
        return f"Bearer {self.stack.token('demo', scope)}"

    def seen(self, role: str | None = None) -> list[dict[str, Any]]:
        """What functions saw since the last time, once nothing is under way."""
        self.stack.drain(60)
        everything = [json.loads(one["body"]) for one in self.messages("tidemark-Seen", limit=100_000)]
        new, self._seen = everything[self._seen :], len(everything)
        return [one for one in new if role in (None, one["role"])]

    def messages(self, queue: str, limit: int = 100) -> list[dict[str, Any]]:
        """The messages that wait in a queue."""
        answer = self.ask("GET", f"/_local/queues/{queue}/messages?limit={limit}")
        assert answer.status == 200, answer
        messages: list[dict[str, Any]] = answer.body["messages"]
        return messages


@pytest.fixture(scope="session", params=["moto", "dynamodb-local"])
def store(request: pytest.FixtureRequest) -> str:
    """Each of the two stores."""
    if request.param == "dynamodb-local":
        request.getfixturevalue("dynamodb_local")
    return str(request.param)


@pytest.fixture(scope="session")
def running(store: str) -> Iterator[Sample]:
    """A stack for all tests here: what they do is theirs to tell apart."""
    with Stack(TEMPLATE, store=store, clock=START, next_work=NEXT_WORK) as stack:
        yield Sample(stack)


@pytest.fixture
def sample(running: Sample) -> Sample:
    """The stack, with nothing under way and nothing unseen."""
    running.seen()
    return running
