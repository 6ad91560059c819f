"""Every route asks for a token, is thin in time, and is the one that the documentation shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from segment_core.segments.builds import SECONDS_PER_REQUEST

from .stack import ROOT, Stack, referenced

# Routes without a token, each with the reason.
PUBLIC = {("POST", "/webhooks/{shop}"): "stores hold no token; a signature over the body takes its place"}

_ROW = re.compile(r"\| `(?P<method>[A-Z]+) (?P<path>/[^`?]*)[^`]*`[^|]*\| (?P<scope>[^|]*) \|")

Routes = dict[tuple[str, str], set[str]]


def _operations(stack: Stack) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    (api,) = stack.all("ApiGatewayV2::Api").values()
    for path, methods in api["Body"]["paths"].items():
        for method, operation in methods.items():
            yield (method.upper(), path), operation


def _documented() -> Routes:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return {(row["method"], row["path"]): set(re.findall(r"`([a-z:]+)`", row["scope"])) for row in _ROW.finditer(page)}


def _secured(stack: Stack) -> Routes:
    """The scopes of each route; public ones have none."""
    routes = {}
    for route, operation in _operations(stack):
        ((scheme, scopes),) = operation["security"][0].items()
        assert scheme == ("NONE" if route in PUBLIC else "Jwt"), route
        routes[route] = set(scopes)
    return routes


def test_every_route_has_a_scope_or_is_public_for_a_reason(stack: Stack) -> None:
    assert {route for route, scopes in _secured(stack).items() if not scopes} == PUBLIC.keys()


def test_the_routes_and_scopes_are_those_of_the_documentation(stack: Stack) -> None:
    assert _secured(stack) == _documented()


def test_tokens_are_checked_against_the_issuer_and_audience_of_the_deployment(stack: Stack) -> None:
    (api,) = stack.all("ApiGatewayV2::Api").values()
    (scheme,) = api["Body"]["components"]["securitySchemes"].values()
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["identitySource"] == "$request.header.Authorization"
    assert authorizer["jwtConfiguration"] == {"issuer": {"Ref": "JwtIssuer"}, "audience": [{"Ref": "JwtAudience"}]}


def test_handlers_get_the_bytes_as_they_came(stack: Stack) -> None:
    integrations = [operation["x-amazon-apigateway-integration"] for _, operation in _operations(stack)]
    assert {(i["type"], i["payloadFormatVersion"]) for i in integrations} == {("aws_proxy", "2.0")}


def test_a_function_gives_up_before_the_gateway_does(stack: Stack) -> None:
    permitted = [
        permission
        for permission in stack.all("Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]
    functions = {referenced(permission["FunctionName"]) for permission in permitted}
    assert len(functions) == 2
    assert all(stack.all("Lambda::Function")[function]["Timeout"] < 30 for function in functions)


def test_requests_are_throttled_logged_and_not_for_browsers(stack: Stack) -> None:
    (stage,) = stack.all("ApiGatewayV2::Stage").values()
    settings = stage["DefaultRouteSettings"]
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
    group = stack.all("Logs::LogGroup")[referenced(stage["AccessLogSettings"]["DestinationArn"])]
    assert group["RetentionInDays"] >= 7
    (api,) = stack.all("ApiGatewayV2::Api").values()
    assert "x-amazon-apigateway-cors" not in api["Body"]


def test_the_routes_that_cost_most_are_throttled_harder(stack: Stack) -> None:
    (stage,) = stack.all("ApiGatewayV2::Stage").values()
    harder = stage["RouteSettings"]
    assert harder.keys() == {
        "POST /segments",
        "PATCH /segments/{id}",
        "POST /imports",
        "POST /events",
        "POST /queries/preview",
        "GET /segments/{id}/forecast",
        "GET /segments/{id}/statistics",
    }
    assert harder.keys() <= {f"{method} {path}" for (method, path), _ in _operations(stack)}
    for route, settings in harder.items():
        assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"], route
        assert settings["ThrottlingRateLimit"] < stage["DefaultRouteSettings"]["ThrottlingRateLimit"], route
        # A route with settings of its own has none of the default ones.
        assert settings["DetailedMetricsEnabled"] is True, route


def test_segments_being_made_leave_readers_their_share(stack: Stack) -> None:
    (stage,) = stack.all("ApiGatewayV2::Stage").values()
    api = stack.functions()["api"]
    walking = ("POST /segments", "PATCH /segments/{id}")
    busy = sum(stage["RouteSettings"][route]["ThrottlingRateLimit"] for route in walking) * SECONDS_PER_REQUEST
    if stack.stage == "prod":
        assert busy <= api["ReservedConcurrentExecutions"] / 2


def test_an_access_log_line_is_json_without_personal_values(stack: Stack) -> None:
    (stage,) = stack.all("ApiGatewayV2::Stage").values()
    fields = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert {"requestId", "routeKey", "status", "responseLatency", "authorizer.error"} <= fields
    # The path names customers; the route does not.
    assert not fields & {"path", "authorizer.claims.sub"}
