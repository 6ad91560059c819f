"""Whatever is sent, the API answers as its OpenAPI document says, and never with an error of its own making.

Requests are drawn from the document, valid and broken ones, and name things that are there in some of them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from segment_core.api import openapi

from .api_caller import ApiCaller
from .conftest import NOW, Stack
from .living import Living
from .test_reading import work

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]

# In how many requests of all an id is one that is there.
KNOWN = 0.7

# For each operation, once for valid requests and once for broken ones.
bounded = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

StartResponse = Callable[[str, list[tuple[str, str]]], None]


@dataclass(frozen=True)
class Gateway:
    """The API as a WSGI application: what the gateway does between HTTP and events."""

    api: ApiCaller

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        event = self.api.event(environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode(), {})
        event["rawQueryString"] = environ["QUERY_STRING"]
        if environ["QUERY_STRING"]:
            event["queryStringParameters"] = _joined(environ["QUERY_STRING"])
        headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name[:5] == "HTTP_"}
        event["headers"] |= headers
        if body := environ["wsgi.input"].read():
            event["headers"]["content-type"] = environ.get("CONTENT_TYPE", "text/plain")
            event |= {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}
        answer = self.api.app.handler(event, self.api.context)
        status = HTTPStatus(answer["statusCode"])
        start_response(f"{status.value} {status.phrase}", [*answer["headers"].items()])
        return [answer["body"].encode() if answer["body"] else b""]


def _joined(query: str) -> dict[str, str]:
    """A query as the gateway hands it on: values of one name are joined by commas."""

    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def test_every_answer_is_a_documented_one(stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    there, chance = _shop(stack, api, monkeypatch), random.Random("what is there and what is not")
    schema = schemathesis.openapi.from_dict(openapi.document())
    schema.app = Gateway(api)
    checks = schemathesis.checks.CHECKS.get_by_names(CHECKS)
    statuses: Counter[str] = Counter()

    def ask(case: Any) -> None:
        for name, known in there.items():
            if name in case.path_parameters and chance.random() < KNOWN:
                case.path_parameters[name] = known
        response = case.call()
        statuses[f"{response.status_code // 100}xx"] += 1
        case.validate_response(response, checks=checks)

    for found in schema.get_all_operations():
        for mode in schemathesis.GenerationMode:
            bounded(given(case=found.ok().as_strategy(generation_mode=mode))(ask))()
    # It is no proof of anything if all of it was refused.
    assert statuses["2xx"] > statuses.total() / 10
    assert statuses["4xx"] > statuses.total() / 10


def _shop(stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A shop with a customer and a segment, by the names of path parameters."""
    living = Living.open(stack, api, monkeypatch, NOW)
    living.tell({"id": "c1", "as_of": "2026-03-01T00:00:00Z", "tags": ["vip"]})
    segment = living.make("Everybody", "number_of_orders >= 0")
    asked = api("POST", f"/segments/{segment}/snapshots", {"sort": "created_at"}).body["id"]
    context = SimpleNamespace(**vars(api.context) | {"get_remaining_time_in_millis": lambda: 300_000})
    work(living, context)
    return {"id": segment, "customer": "c1", "extract": asked, "shop": "demo", "name": "customer_tags"}
