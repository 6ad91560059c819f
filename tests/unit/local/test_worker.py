"""A function's process: what it tells of its writes, and how it calls the services that are here."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from tidemark.stack.functions import Environment
from tidemark.stack.store_client import AUTHORIZATION
from tidemark.stack.worker import Worker


class Model:
    """An operation, as botocore names it."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("operation", "params", "tables"),
    [
        ("GetItem", {"TableName": "Customers"}, []),
        ("Query", {"TableName": "Customers"}, []),
        ("BatchGetItem", {"RequestItems": {"Customers": {}}}, []),
        ("PutItem", {"TableName": "Customers"}, ["Customers"]),
        ("UpdateItem", {"TableName": "Customers"}, ["Customers"]),
        ("DeleteItem", {"TableName": "Customers"}, ["Customers"]),
        ("BatchWriteItem", {"RequestItems": {"Members": [], "Customers": []}}, ["Customers", "Members"]),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "Members"}}, {"ConditionCheck": {"TableName": "Customers"}}]},
            ["Members"],
        ),
    ],
)
def test_a_function_tells_where_it_has_written(operation: str, params: dict[str, Any], tables: list[str]) -> None:
    worker = Worker()
    worker.note_written(params, Model(operation))
    assert worker.take_written() == tables
    assert worker.take_written() == []


def test_a_function_that_was_killed_may_have_written_anywhere() -> None:
    environment = Environment.__new__(Environment)
    environment.connection, theirs = multiprocessing.Pipe()
    theirs.close()
    answer = environment.ask({"do": "invoke"})
    environment.connection.close()
    assert answer["error"]["errorType"] == "Runtime.ExitError"
    assert answer["written"] is None


class Sent(Exception):
    """Ends a call in place of sending its request."""


@pytest.mark.parametrize(
    ("service", "call", "authorization"),
    [("dynamodb", "list_tables", AUTHORIZATION.encode()), ("sqs", "list_queues", None), ("events", "list_rules", None)],
)
def test_nothing_is_signed(service: Any, call: str, authorization: bytes | None) -> None:
    seen: dict[str, bytes] = {}

    def keep(request: Any, **_: object) -> None:
        seen.update((name.lower(), value) for name, value in request.headers.items())
        raise Sent

    client: Any = Worker().session().client(service, region_name="us-east-1")
    client.meta.events.register("before-send", keep)
    with pytest.raises(Sent):
        getattr(client, call)()
    assert seen.get("authorization") == authorization
    assert "x-amz-date" not in seen
