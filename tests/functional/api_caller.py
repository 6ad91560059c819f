"""A caller of the HTTP API: makes the events that the gateway makes, behind its JWT authorizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlencode

EVERY_SCOPE = "admin segments:read segments:write customers:read events:write"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code, of a body that is a problem detail in full."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance", "code"} <= set(self.body)
        assert self.body["status"] == self.status
        assert self.body["type"] == f"urn:tidemark:problem:{self.body['code']}"
        assert self.body["instance"] == "urn:tidemark:request:r-1"
        return self.status, self.body["code"]


@dataclass(frozen=True)
class ApiCaller:
    """Somebody with a token for a shop."""

    app: ModuleType
    context: SimpleNamespace
    shop: str | None = "demo"
    scope: str = EVERY_SCOPE

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: str | None = None,
        content_type: str = "application/json",
        is_base64: bool = False,
        headers: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        **query: object,
    ) -> Answer:
        event = self.event(method, path, query)
        event["headers"] |= headers or {}
        text = json.dumps(body) if body is not None else raw
        if text is not None:
            event["headers"]["content-type"] = content_type
            event |= {"body": text, "isBase64Encoded": is_base64}
        if if_none_match is not None:
            event["headers"]["if-none-match"] = if_none_match
        answer = self.app.handler(event, self.context)
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]) if answer["body"] else None)

    def event(self, method: str, path: str, query: dict[str, object]) -> dict[str, Any]:
        """The event of a request, payload format 2.0."""
        claims = {"sub": "tester", "scope": self.scope} | ({"shop": self.shop} if self.shop is not None else {})
        return {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": urlencode(query, doseq=True),
            "headers": {"authorization": "Bearer token", "host": "api.example.com"},
            **({"queryStringParameters": {name: _joined(value) for name, value in query.items()}} if query else {}),
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
                "domainName": "api.example.com",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "requestId": "r-1",
                "routeKey": f"{method} {path}",
                "stage": "$default",
                "timeEpoch": 1772366400000,
            },
            "isBase64Encoded": False,
        }


def _joined(value: object) -> str:
    """As the gateway hands on what was given more than once."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
