"""Requests to the HTTP API: the local stack's own routing, with tokens that are taken as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from tidemark.stack.authorizer import Gate
from tidemark.stack.functions import Outcome
from tidemark.stack.http_api import HttpApi
from tidemark.stack.http_server import Request

from .world import World

SCOPES = "admin segments:read segments:write customers:read events:write"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` 500 also where the function ended before it could answer."""

    status: int
    body: Any


class _OpenGate:
    """Takes the token's text as the claims; scopes are checked as the gateway does."""

    check_scopes = Gate.check_scopes

    def claims(self, authorizer: object, header: str | None) -> Mapping[str, Any]:
        return json.loads(header or "{}")  # type: ignore[no-any-return]


@dataclass(slots=True)
class _Invoking:
    """Runs the function inside of the task at hand."""

    world: World

    def invoke(self, function: str, event: Any) -> Outcome:
        try:
            return Outcome("simulated", self.world.invoke(function, event), None)
        except Exception as failure:  # noqa: BLE001 - as on Lambda, whatever is raised becomes a 500
            self.world.say(f"raised {failure!r}")
            return Outcome("simulated", None, {"errorType": type(failure).__name__, "errorMessage": str(failure)})


@lru_cache(maxsize=1)
def _api(world: World) -> HttpApi:
    parts: Any = (_OpenGate(), _Invoking(world), SimpleNamespace(now=world.now))
    return HttpApi(world.wiring.routes, world.wiring.authorizers, *parts)


def ask(world: World, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer to a request, asked by the task at hand."""
    answer = _api(world)(Request(method, path, [*headers.items()], body, "192.0.2.1"))
    return Answer(answer.status, json.loads(answer.body) if answer.body else None)


def as_reader(shop: str, body: object = None) -> tuple[bytes, dict[str, str]]:
    """Body and headers of somebody with a token for the shop."""
    token = json.dumps({"sub": "reader", "shop": shop, "scope": SCOPES})
    text = b"" if body is None else json.dumps(body).encode()
    return text, {"Authorization": token, "Content-Type": "application/json", "Host": "api.simulated"}
