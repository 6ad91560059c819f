"""`/_local/...`: what a person or a test may ask of the stack itself; not a part of the API it runs.

| request | does |
|---|---|
| `GET /_local/clock` | the time, and whether it stands still |
| `POST /_local/clock` `{"to": instant}`, `{"advance": "30d"}`, `{"freeze": bool}` | moves, stops or starts it |
| `POST /_local/token` `{"shop", "scope", "ttl"}` | a token of the local issuer; without `scope`, for all |
| `GET /_local/events?after=0&limit=100` | events of the bus, in order |
| `GET /_local/queues`, `GET /_local/queues/{name}/messages` | depths; messages, without receiving them |
| `POST /_local/queues/{name}/messages` | sends the body as a message |
| `POST /_local/schedules/{id}` | fires a schedule now; a body takes the place of its event |
| `GET /_local/idle?timeout=60` | answers once nothing is under way |
| `GET /_local/resources` | routes, tables, queues, functions, schedules, outputs |
| `GET /_local/logs?function=...&limit=200` | what functions printed |
| `GET /_local/.well-known/openid-configuration`, `.../jwks.json` | the issuer's keys |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from segment_core import instants
from tidemark.stack.aws_endpoint import system_attributes
from tidemark.stack.errors import ClockError, NotIdle, StackError
from tidemark.stack.http_server import Request, Response, json_response
from tidemark.stack.queues import Draft
from tidemark.stack.schedules import parse_duration

if TYPE_CHECKING:
    from tidemark.stack.stack import Stack

PREFIX = "/_local/"

_DEFAULT_TTL_SECONDS = 3600
_STATUS: Mapping[type[Exception], int] = {ClockError: 409, NotIdle: 504, KeyError: 404, ValueError: 400}

_KINDS: Mapping[type, str] = {str: "text", bool: "true or false"}

Query = Mapping[str, str]
Value = TypeVar("Value", str, bool)


class Admin:
    """Answers requests about the stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._calls: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            ("GET", re.compile("clock"), self._clock),
            ("POST", re.compile("clock"), self._move_clock),
            ("POST", re.compile("token"), self._token),
            ("GET", re.compile("events"), self._events),
            ("GET", re.compile("queues"), self._queues),
            ("GET", re.compile("queues/([^/]+)/messages"), self._messages),
            ("POST", re.compile("queues/([^/]+)/messages"), self._send),
            ("POST", re.compile("schedules/([^/]+)"), self._fire),
            ("GET", re.compile("idle"), self._idle),
            ("GET", re.compile("resources"), self._resources),
            ("GET", re.compile("logs"), self._logs),
            ("GET", re.compile(r"\.well-known/openid-configuration"), self._openid),
            ("GET", re.compile(r"\.well-known/jwks\.json"), self._keys),
        ]

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if not self._from_here(request):
            return json_response(403, {"message": "Forbidden"})
        parts = urlsplit(request.target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for method, path, call in self._calls:
            match = path.fullmatch(parts.path.removeprefix(PREFIX))
            if match and method == request.method:
                return self._answer(call, match.groups(), query, request)
        return json_response(404, {"message": "Not Found"})

    def _from_here(self, request: Request) -> bool:
        """Not from a page of some other site, which may know this address but has no business here."""
        host = (request.header("host") or "").partition(":")[0]
        origin = request.header("origin")
        return host in ("127.0.0.1", "localhost") and origin in (None, self._stack.url)

    def _answer(self, call: Callable[..., Any], path: tuple[str, ...], query: Query, request: Request) -> Response:
        try:
            return json_response(200, call(*path, query=query, body=_json_object(request.body)))
        except (StackError, KeyError, ValueError) as error:
            status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
            text = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            return json_response(status, {"message": text})

    def _clock(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        clock = self._stack.clock
        return {"now": instants.iso(clock.now()), "frozen": clock.frozen}

    def _move_clock(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        if unknown := sorted(set(body) - {"to", "advance", "freeze"}):
            raise ValueError(f"the clock does not know '{unknown[0]}': use to, advance or freeze")
        answer: dict[str, Any] = {}
        if "freeze" in body:
            self._stack.freeze_clock(_told(body, "freeze", bool))
        if "to" in body:
            answer = self._stack.move_clock(_instant(_told(body, "to", str)))
        elif "advance" in body:
            answer = self._stack.move_clock(self._stack.clock.now() + parse_duration(_told(body, "advance", str)))
        return answer or self._clock(query=query, body={})

    def _token(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        ttl = int(body.get("ttl", _DEFAULT_TTL_SECONDS))
        known = {scope for route in self._stack.wiring.routes for scope in route.scopes}
        everything = " ".join(sorted(known))
        shop, scope = _told({"shop": "", **body}, "shop", str), _told({"scope": everything, **body}, "scope", str)
        if not shop.strip():
            raise ValueError("a token speaks for a shop: say which as shop")
        if unknown := sorted(set(scope.split()) - known):
            raise ValueError(f"no route asks for the scope '{unknown[0]}': there are {', '.join(sorted(known))}")
        return {"token": self._stack.token(shop, scope, ttl), "expires_in": ttl}

    def _events(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        events = self._stack.events(int(query.get("after", 0)), int(query.get("limit", 100)))
        return {"events": events, "next_after": events[-1]["sequence"] if events else int(query.get("after", 0))}

    def _queues(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        return {
            "queues": [
                {
                    "name": queue.settings.name,
                    **dict(zip(("visible", "in_flight", "delayed"), queue.depth(), strict=True)),
                }
                for queue in self._stack.queues
            ]
        }

    def _messages(self, name: str, *, query: Query, body: Mapping[str, Any]) -> Any:
        messages = self._stack.queues.named(name).peek()[: int(query.get("limit", 100))]
        return {
            "messages": [
                {
                    "message_id": message.message_id,
                    "body": message.body,
                    "attributes": {key: value.get("StringValue") for key, value in message.attributes.items()},
                    "system": system_attributes(message),
                }
                for message in messages
            ]
        }

    def _send(self, name: str, *, query: Query, body: Mapping[str, Any]) -> Any:
        queue, text = self._stack.queues.named(name), json.dumps(body, ensure_ascii=False)
        if not body:
            raise ValueError("a message needs a body")
        if len(text.encode()) > queue.settings.maximum_size:
            raise ValueError(f"a message of this queue holds at most {queue.settings.maximum_size} bytes")
        (message_id,) = queue.send([Draft(text, {})])
        return {"message_id": message_id}

    def _fire(self, id: str, *, query: Query, body: Mapping[str, Any]) -> Any:
        outcome = self._stack.schedules.fire_now(id, body or None)
        return {"value": outcome.value, "error": outcome.reason or None}

    def _idle(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        self._stack.drain(float(query.get("timeout", 60)))
        return {"idle": True}

    def _resources(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        return self._stack.resources()

    def _logs(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        lines = [line for line in list(self._stack.functions.log) if query.get("function") in (None, line["function"])]
        return {"lines": lines[-int(query.get("limit", 200)) :]}

    def _openid(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        return {
            "issuer": self._stack.authorizer.issuer,
            "jwks_uri": f"{self._stack.url}{PREFIX}.well-known/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    def _keys(self, *, query: Query, body: Mapping[str, Any]) -> Any:
        return self._stack.issuer.key_set()


def _json_object(body: bytes) -> Mapping[str, Any]:
    """What the body says; nothing, if it is empty. Raises ValueError."""
    try:
        told = json.loads(body) if body else {}
    except ValueError:
        raise ValueError("the body is not JSON") from None
    if not isinstance(told, dict):
        raise ValueError("the body must be a JSON object")
    return told


def _told(body: Mapping[str, Any], key: str, kind: type[Value]) -> Value:
    """The value of a key that is there. Raises ValueError if it is of another kind."""
    value = body[key]
    if not isinstance(value, kind):
        raise ValueError(f"{key} must be {_KINDS[kind]}")
    return value


def _instant(text: str) -> datetime:
    try:
        return instants.parse(text)
    except ValueError:
        raise ValueError(f"'{text}' is not an instant with its offset: write it like 2026-03-01T05:00:00Z") from None
