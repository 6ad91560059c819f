"""Conditional reads: a reader who has an answer already is told so, with 304 and no body.

A tag is made of what the answer says, without `as_of`: how fresh it is moves with every moment, and would make every
answer another one. Where a route sets a tag of its own, the edition of what it read, that stands before it.
"""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

_BYTES = 16
_FRESHNESS = "as_of"


def tagged(app: APIGatewayHttpResolver, next_step: NextMiddleware) -> Response[Any]:
    """Give every answer to a reader its tag; answer 304 to one who names it in `If-None-Match`."""
    response = next_step(app)
    event = app.current_event
    if event.http_method != "GET" or response.status_code != HTTPStatus.OK:
        return response
    own = str(response.headers.get("ETag", "")).strip('"')
    tag = response.headers["ETag"] = f'"{own and own + "."}{_digest(response.body)}"'
    if matches(event.headers.get("if-none-match"), tag):
        return Response(HTTPStatus.NOT_MODIFIED.value, headers={"ETag": tag})
    return response


def _digest(body: Any) -> str:
    said = json.dumps(_said(body), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()[: 2 * _BYTES]


def matches(condition: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag, compared weakly as RFC 9110 (13.1.2) has it."""
    if condition is None:
        return False
    named = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items() if name != _FRESHNESS}
    return [_said(one) for one in value] if isinstance(value, list) else value
