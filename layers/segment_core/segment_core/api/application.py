"""The HTTP API as one resolver: who may, then what is asked, then the route, and every error as a problem.

The steps of a request are listed in `_STEPS`, in their order. The caller is looked at before the body, so that
whoever may not ask learns nothing of what could be asked.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
    OpenAPIResponseValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from segment_core.api import (
    customers,
    events,
    explanations,
    extracts,
    imports,
    memberships,
    privacy,
    problems,
    queries,
    segments,
    shops,
)
from segment_core.api.access import Caller
from segment_core.api.conditional import tagged
from segment_core.api.wording import wording
from segment_core.errors import Contention, InvalidRequest, NotFound, TidemarkError, TooMany
from segment_core.facts import strict_json
from segment_core.runtime.observability import logger

# Fixed paths before those with a variable in the same place.
ROUTERS = (
    shops.router,
    queries.router,
    memberships.router,
    segments.router,
    explanations.router,
    extracts.router,
    customers.router,
    imports.router,
    events.router,
    privacy.router,
)

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_JSON = "application/json"


def application() -> APIGatewayHttpResolver:
    """A resolver for HTTP API events (payload format 2.0). Give it the instant of each request as context `at`."""
    # Debugging would print events and traces, whatever is in them.
    app = APIGatewayHttpResolver(debug=False, json_body_deserializer=_strictly)
    app.use(list(_STEPS))
    for router in ROUTERS:
        app.include_router(router)
    app.exception_handler(TidemarkError)(partial(_told, app))
    app.exception_handler(RequestValidationError)(partial(_invalid, app))
    app.exception_handler(NotFoundError)(partial(_no_route, app))
    app.exception_handler(Exception)(partial(_unexpected, app))
    return app


# Steps ----------------------------------------------------------------------------------------


def _strictly(text: str) -> Any:
    """JSON in which a key that stands twice, or a number that is none, is refused."""
    return strict_json.loads(text)


def _let_in(app: APIGatewayHttpResolver, next_step: NextMiddleware) -> Response[Any]:
    """Find the caller and check its scopes; whatever declares none is not there."""
    security = app.context["_route"].security
    if not security:
        raise NotFoundError
    caller = Caller.of_event(app.current_event.raw_event)
    logger().append_keys(shop=caller.shop)
    caller.require(security)
    app.append_context(caller=caller)
    return next_step(app)


def _read_body(app: APIGatewayHttpResolver, next_step: NextMiddleware) -> Response[Any]:
    """Read the body as JSON, so that the steps after it find it read."""
    event = app.current_event
    if event.http_method in _WITH_BODY and event.body:
        media_type = event.headers.get("content-type", _JSON).partition(";")[0].strip()
        if media_type != _JSON:
            raise InvalidRequest(f"send the body as {_JSON}", code=problems.UNSUPPORTED_MEDIA_TYPE)
        try:
            _ = event.json_body
        except strict_json.NotJson as error:
            raise InvalidRequest(f"the body {error}", code="invalid_json") from error
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidRequest("the body is not text in UTF-8", code="invalid_json") from error
    return next_step(app)


_STEPS = (
    _let_in,
    _read_body,
    tagged,
    OpenAPIRequestValidationMiddleware(),
    # Without the flag an answer of ours that breaks its model would be blamed on the request.
    OpenAPIResponseValidationMiddleware(has_response_validation_error=True),
)


# Errors ---------------------------------------------------------------------------------------


def _told(app: APIGatewayHttpResolver, error: TidemarkError) -> Response[Any]:
    body = problems.problem(error, app.current_event.request_context.request_id)
    logger().info("request refused", extra={"status": body["status"], "code": error.code})
    return _response(body, _retry_after(error))


def _retry_after(error: TidemarkError) -> dict[str, str]:
    match error:
        case Contention():
            return {"Retry-After": "1"}
        case TooMany():
            return {"Retry-After": str(error.retry_after)}
        case _:
            return {}


def _invalid(app: APIGatewayHttpResolver, error: RequestValidationError) -> Response[Any]:
    found = "; ".join(f"{_place(one['loc'])}: {wording(one)}" for one in error.errors())
    return _told(app, InvalidRequest(found))


def _no_route(app: APIGatewayHttpResolver, _: NotFoundError) -> Response[Any]:
    return _told(app, NotFound("there is no such route", code="route_not_found"))


def _unexpected(app: APIGatewayHttpResolver, _: Exception) -> Response[Any]:
    logger().exception("request failed")
    return _response(problems.unexpected(app.current_event.request_context.request_id), {})


def _response(body: Mapping[str, Any], headers: Mapping[str, str]) -> Response[Any]:
    # As text: the resolver turns a body into JSON only if its content type is the plain one.
    return Response(body["status"], problems.CONTENT_TYPE, json.dumps(body), headers=dict(headers))


def _place(location: Iterable[str | int]) -> str:
    """Where a field is, for example `body.webhook_secrets[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
