"""Conditional reads: a reader who has an answer already is told so, with 304 and no body.

A tag is made of what the answer says, without `as_of`: how fresh it is moves with every moment, and would make every
answer another one. A route of which more is to be said (an edition, more that moves) sets the tag itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

NOT_KEPT = {"Cache-Control": "no-store"}
"""The headers of an answer that is handed out once: whoever asks has no other copy, so it has no tag."""

_BYTES = 16
_FRESHNESS = "as_of"


def tagged(app: APIGatewayHttpResolver, next_step: NextMiddleware) -> Response[Any]:
    """Give every answer to a reader its tag; answer 304 to one who names it in `If-None-Match`."""
    response = next_step(app)
    event = app.current_event
    if (
        event.http_method != "GET"
        or response.status_code != HTTPStatus.OK
        or NOT_KEPT.items() <= response.headers.items()
    ):
        return response
    tag = str(response.headers.get("ETag") or tag_of(response.body))
    response.headers["ETag"] = tag
    if matches(event.headers.get("if-none-match"), tag):
        return Response(HTTPStatus.NOT_MODIFIED.value, headers={"ETag": tag})
    return response


def tag_of(body: Any, edition: str = "", moving: Collection[str] = ()) -> str:
    """The tag of an answer, after the `edition` of what was read; `moving` names what goes with `as_of`."""
    said = json.dumps(_said(body, {_FRESHNESS, *moving}), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(said.encode()).hexdigest()[: 2 * _BYTES]
    return f'"{edition}.{digest}"' if edition else f'"{digest}"'


def matches(condition: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag, compared weakly as RFC 9110 (13.1.2) has it."""
    if condition is None:
        return False
    named = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


def _said(value: Any, moving: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _said(one, moving) for name, one in value.items() if name not in moving}
    return [_said(one, moving) for one in value] if isinstance(value, list) else value
