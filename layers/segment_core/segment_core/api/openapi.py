"""The OpenAPI document of the HTTP API, made from its routes and models.

    python -m segment_core.api.openapi infra/openapi.json

writes it; a test compares the file that is kept with what this makes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Tag

from segment_core import __version__
from segment_core.api.access import SECURITY_SCHEME
from segment_core.api.application import application

_DESCRIPTION = """\
Who is in which segment, and since when. The shop of a request is the claim `shop` of its token; scopes are in the \
claim `scope` or `scp`, parted by spaces or as a list. Errors are problem details (RFC 9457) whose `code` is stable. \
What the gateway refuses by itself (no valid token, too many requests, no such route) is `{"message"}` as plain JSON.

Stores send their webhooks to `POST /webhooks/{shop}`, which is not described here: its protocol is the stores' own, \
see `docs/webhooks.md`."""

_TAGS = {
    "Shops": "Zone, currency and settings under which queries are answered",
    "Segments": "Definitions and who is in them",
    "Members": "Who is in a segment: numbers, other orders, files",
    "Why and when": "Explanations, forecasts and history",
    "Queries": "Help while a query is written",
    "Customers": "One customer at a time",
    "Imports": "Facts in bulk",
}


_ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}
_RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}

# What holds for all routes alike, and is in no model: when to ask again, and what need not be sent again.
_COMPONENTS = {
    "headers": {
        "ETag": {"description": "Strong; `as_of` is left out of it", "schema": {"type": "string"}},
        "RetryAfter": {"description": "Seconds; the gateway sends none", "schema": {"type": "integer", "minimum": 1}},
    },
    "parameters": {
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "ETags of answers that are known, or *: 304 if nothing has changed",
        }
    },
    "responses": {"NotModified": {"description": "Not Modified", "headers": _ETAG}},
}


def document() -> dict[str, Any]:
    """The document, as JSON values."""
    made: dict[str, Any] = json.loads(
        application().get_openapi_json_schema(
            title="Tidemark",
            version=__version__,
            description=_DESCRIPTION,
            tags=[Tag(name=name, description=about) for name, about in _TAGS.items()],
            security_schemes={SECURITY_SCHEME: HTTPBearer(bearerFormat="JWT")},
        ),
        # Bounds of integers come as 100.0.
        parse_float=lambda text: int(text.removesuffix(".0")) if text.endswith(".0") else float(text),
    )
    _drop_unused(made["components"]["schemas"], made)
    made["components"] |= _COMPONENTS
    for operations in made["paths"].values():
        for method, operation in operations.items():
            _tell_headers(method, operation)
    return made


def _tell_headers(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status in ("429", "503"):
        responses[status]["headers"] = _RETRY_AFTER
    if method == "get":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
        responses["200"]["headers"] = _ETAG
        responses["304"] = {"$ref": "#/components/responses/NotModified"}


def text() -> str:
    """The document as it is kept in a file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _drop_unused(schemas: dict[str, Any], made: dict[str, Any]) -> None:
    """Leave out the schemas that nothing refers to: the resolver adds its own, for answers that we do not give."""
    while unused := schemas.keys() - set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(made))):
        for name in unused:
            del schemas[name]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
