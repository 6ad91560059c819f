"""What the routers of all resources share: who asks and when, what they may touch, and how a route is documented."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.request import Request
from pydantic import AfterValidator, BaseModel

from segment_core.api import models
from segment_core.api.access import Caller
from segment_core.api.problems import CONTENT_TYPE
from segment_core.membership.budget import SecondsLeft, lasting
from segment_core.record import record
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments.limits import Room
from segment_core.store import keys
from segment_core.store.tables import Tables

# As RFC 9110 has them; Python has had older ones before 3.13.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}

# How long a request may ask customers one by one; who was not asked by then is estimated. The gateway waits 30.
SECONDS_OF_ASKING = 20.0


@record
class Ask:
    """A request, once it was let in: whose shop it is about, and the instant at which it is answered."""

    shop: str
    at: datetime

    @classmethod
    def of(cls, request: Request) -> Ask:
        """What the resolver keeps with a request."""
        caller: Caller = request.context["caller"]
        return cls(caller.shop, request.context["at"])


@cache
def tables() -> Tables:
    """The tables that the API may read or write."""
    env = environment(ApiEnvironment)
    return Tables(
        customers=env.customers_table,
        memberships=env.memberships_table,
        members=env.members_table,
        history=env.history_table,
        segments=env.segments_table,
    )


def history_kept() -> timedelta:
    """For how long enters and leaves are kept in this deployment."""
    return timedelta(days=environment(ApiEnvironment).history_days)


def room() -> Room:
    """What this deployment allows a shop."""
    env = environment(ApiEnvironment)
    return Room(env.definitions_per_shop, env.builds_per_shop, env.previews_per_minute)


def time_to_ask() -> SecondsLeft:
    """How long this request may ask customers, from now on."""
    return lasting(SECONDS_OF_ASKING)


# Parameters -----------------------------------------------------------------------------------

# The gateway may hand on a path as it was sent. No id holds a `%`, so decoding twice does no harm.
EntityId = Annotated[
    str,
    AfterValidator(lambda text: keys.entity_id(unquote(text))),
    Path(alias="id", description="Letters, digits and _ . : - only, at most 128"),
]
CustomerId = Annotated[
    str,
    AfterValidator(lambda text: keys.entity_id(unquote(text))),
    Path(alias="customer", description="Letters, digits and _ . : - only, at most 128"),
]
ExtractId = Annotated[
    str,
    AfterValidator(lambda text: keys.entity_id(unquote(text))),
    Path(alias="extract", description="The `id` that was answered when it was asked for"),
]
PastInstant = Annotated[models.AsOf | None, Query(description="A past instant, ISO 8601 with an offset; absent: now")]
Cursor = Annotated[str | None, Query(description="The `next_cursor` of the page before; absent: the first page")]


# Documentation --------------------------------------------------------------------------------


def answers(status: int, model: type[BaseModel] | None, *problems: int) -> dict[int, Any]:
    """The `responses` of a route: its success, and the statuses of the problems that it may tell of.

    What every route can answer (400, 401, 403, 404, 429, 500, 503) need not be listed. The gateway answers with some of
    these statuses too, before we are asked, and with a body of its own.
    """
    success = {"application/json": {"model": model}} if model else {}
    ours = {CONTENT_TYPE: {"model": models.Problem}}
    gateways = {"application/json": {"model": models.GatewayMessage}}
    either = {**ours, **gateways}
    told = dict.fromkeys((*problems, 400, 404), ours) | dict.fromkeys((401, 403, 429, 500, 503), either)
    return {
        status: {"description": _phrase(status), "content": success},
        **{number: {"description": _phrase(number), "content": content} for number, content in sorted(told.items())},
    }


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase
