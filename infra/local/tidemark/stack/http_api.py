"""The HTTP API: finds the route, lets the authorizer decide, hands the function an API Gateway event.

Events have payload format 2.0; answers are those of API Gateway, also where it answers itself.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tidemark.stack.authorizer import Claims, Gate, Refused, scopes_of
from tidemark.stack.clock import StackClock
from tidemark.stack.functions import Functions
from tidemark.stack.http_server import Request, Response, json_response
from tidemark.stack.names import ACCOUNT
from tidemark.stack.wiring import Authorizer, Route

_VARIABLE = re.compile(r"\{(\w+)(\+?)\}")
_TEXT_TYPES = re.compile(r"text/.*|application/(.*\+)?(json|xml|javascript)", re.IGNORECASE)


class HttpApi:
    """Answers requests by the template's routes."""

    def __init__(
        self,
        routes: Sequence[Route],
        authorizers: Mapping[str, Authorizer],
        gate: Gate,
        functions: Functions,
        clock: StackClock,
    ) -> None:
        self._routes = [(_expression(route.path), route) for route in sorted(routes, key=_precedence)]
        self._authorizers = authorizers
        self._gate = gate
        self._functions = functions
        self._clock = clock

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        # API Gateway decodes the path before it looks for a route, and hands it on so.
        path = unquote(urlsplit(request.target).path) or "/"
        for expression, route in self._routes:
            match = expression.fullmatch(path)
            if match and route.method in (request.method, "ANY"):
                return self._answer(request, path, route, match.groupdict())
        return _message(404, "Not Found")

    def _answer(self, request: Request, path: str, route: Route, variables: Mapping[str, str]) -> Response:
        claims = None
        if route.authorizer is not None:
            try:
                claims = self._gate.claims(self._authorizers[route.authorizer], request.header("authorization"))
                self._gate.check_scopes(route, claims)
            except Refused as refusal:
                text = {401: "Unauthorized", 403: "Forbidden"}[refusal.status]
                return _message(refusal.status, text, {"www-authenticate": refusal.challenge})
        outcome = self._functions.invoke(route.function, self._event(request, path, route, variables, claims))
        if outcome.error:
            return _message(500, "Internal Server Error")
        return _response(outcome.value)

    def _event(
        self, request: Request, path: str, route: Route, variables: Mapping[str, str], claims: Claims | None
    ) -> dict[str, Any]:
        query = urlsplit(request.target).query
        headers, cookies = _headers(request)
        event = {
            "version": "2.0",
            "routeKey": f"{route.method} {route.path}",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": self._context(request, path, route, headers, claims),
            **_body(request),
        }
        optional = {
            "cookies": cookies,
            "queryStringParameters": _joined(parse_qsl(query, keep_blank_values=True)),
            "pathParameters": dict(variables),
        }
        return event | {name: value for name, value in optional.items() if value}

    def _context(
        self, request: Request, path: str, route: Route, headers: Mapping[str, str], claims: Claims | None
    ) -> dict[str, Any]:
        now = self._clock.now()
        context: dict[str, Any] = {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": f"{route.method} {route.path}",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        }
        if claims is not None:
            texts = {name: _claim(value) for name, value in claims.items()}
            scopes = [scope for scope in scopes_of(claims) if scope in route.scopes]
            context["authorizer"] = {"jwt": {"claims": texts, "scopes": scopes or None}}
        return context


def _precedence(route: Route) -> tuple[Any, ...]:
    """API Gateway's order: fixed parts before variables, those before a greedy one; a method before ANY."""
    parts = route.path.strip("/").split("/")
    weights = tuple(2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in parts)
    return weights, route.method == "ANY"


def _expression(path: str) -> re.Pattern[str]:
    expression = ""
    end = 0
    for match in _VARIABLE.finditer(path):
        name, greedy = match.groups()
        expression += re.escape(path[end : match.start()]) + f"(?P<{name}>{'.+' if greedy else '[^/]+'})"
        end = match.end()
    return re.compile(expression + re.escape(path[end:]))


def _headers(request: Request) -> tuple[dict[str, str], list[str]]:
    """Lower-case headers, repeated ones joined, and the cookies by themselves."""
    pairs = [(name.lower(), value) for name, value in request.headers]
    cookies = [part.strip() for name, value in pairs if name == "cookie" for part in value.split(";")]
    return _joined([pair for pair in pairs if pair[0] != "cookie"]), cookies


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> dict[str, Any]:
    """Text where the type says text and the bytes are, else base64: what was sent can always be had back."""
    if not request.body:
        return {"isBase64Encoded": False}
    kind = (request.header("content-type") or "text/plain").partition(";")[0].strip()
    if _TEXT_TYPES.fullmatch(kind) and not request.header("content-encoding"):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _claim(value: Any) -> str:
    """A claim as API Gateway hands it on: always text, a list as [a b]."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _response(value: Any) -> Response:
    """A handler's answer as HTTP. Without a status code it is the body itself."""
    if not isinstance(value, dict) or "statusCode" not in value:
        return json_response(200, value)
    try:
        status = int(value["statusCode"])
        body = value.get("body") or ""
        content = base64.b64decode(body, validate=True) if value.get("isBase64Encoded") else body.encode()
        headers = [(str(name), str(text)) for name, text in (value.get("headers") or {}).items()]
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return _message(500, "Internal Server Error")
    headers += [("set-cookie", cookie) for cookie in value.get("cookies") or []]
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=utf-8"))
    return Response(status, content, [(name, text) for name, text in headers if name.lower() != "content-length"])


def _message(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return json_response(status, {"message": text}, headers)
