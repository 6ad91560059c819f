"""What AWS leaves undone or refuses in an answer that looks like success, and writers who are in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from segment_core.errors import Contention
from segment_core.runtime import bus
from segment_core.runtime.bus import Event
from segment_core.store import client
from tests.functional.conftest import NOW, Stack

Answer = Callable[[Callable[[], Any], dict[str, Any]], Any]
"""(the real call, its request) to what is answered."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_pause", lambda longest: None)


def answer_first(patch: pytest.MonkeyPatch, service: Any, *answers: Answer) -> list[str]:
    """Let the service's first calls be answered like this; returns the names of all calls as they come."""
    make, asked, left = service._make_api_call, [], list(answers)

    def answered(operation: str, request: dict[str, Any]) -> Any:
        asked.append(operation)
        return left.pop(0)(lambda: make(operation, request), request) if left else make(operation, request)

    patch.setattr(service, "_make_api_call", answered)
    return asked


def filled(stack: Stack, number: int) -> list[dict[str, str]]:
    keys = [{"pk": f"demo#{one}"} for one in range(number)]
    for key in keys:
        assert client.put(stack.tables.memberships, key)
    return keys


def refused(code: str, *reasons: str) -> Answer:
    def answer(call: Callable[[], Any], request: dict[str, Any]) -> Any:
        raise ClientError(
            {"Error": {"Code": code, "Message": ""}, "CancellationReasons": [{"Code": one} for one in reasons]}, "Put"
        )

    return answer


def test_keys_that_were_left_out_are_asked_for_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    table = stack.tables.memberships
    wanted = [client.encode(key) for key in filled(stack, 5)]

    def partly(call: Callable[[], Any], request: dict[str, Any]) -> Any:
        keys = request["RequestItems"][table]["Keys"]
        left = {table: {"Keys": keys[2:], "ConsistentRead": True}}
        return {"Responses": {table: keys[:2]}, "UnprocessedKeys": left}

    asked = answer_first(monkeypatch, client.client(), partly)
    assert sorted(item["pk"] for item in client.batch_get(table, wanted)) == [f"demo#{one}" for one in range(5)]
    assert asked == ["BatchGetItem"] * 2


def test_writes_that_were_left_out_are_sent_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    table = stack.tables.memberships
    requests = [{"PutRequest": {"Item": client.encode({"pk": f"demo#{one}"})}} for one in range(4)]

    def nothing(call: Callable[[], Any], request: dict[str, Any]) -> Any:
        return {"UnprocessedItems": request["RequestItems"]}

    asked = answer_first(monkeypatch, client.client(), nothing)
    client.batch_write(table, requests)
    assert len(stack.items(table)) == 4
    assert asked[:2] == ["BatchWriteItem"] * 2


def test_what_stays_undone_is_an_error(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(call: Callable[[], Any], request: dict[str, Any]) -> Any:
        return {"UnprocessedItems": request["RequestItems"]}

    answer_first(monkeypatch, client.client(), *[nothing] * 12)
    with pytest.raises(Contention):
        client.batch_write(stack.tables.memberships, [{"PutRequest": {"Item": client.encode({"pk": "demo#1"})}}])


@pytest.mark.parametrize("code", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_a_single_write_gives_way_to_others(stack: Stack, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    table = stack.tables.memberships
    answer_first(monkeypatch, client.client(), refused(code), refused(code))
    assert not client.put(table, {"pk": "demo#1"})
    assert not client.delete(table, {"pk": "demo#1"})


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_transaction_gives_way_to_others(stack: Stack, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    put = {"Put": {"TableName": stack.tables.memberships, "Item": client.encode({"pk": "demo#1"})}}
    answer_first(monkeypatch, client.client(), refused("TransactionCanceledException", "None", reason))
    assert not client.transact([put, put])
    assert stack.items(stack.tables.memberships) == []


def test_any_other_refusal_is_an_error(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    table, code = stack.tables.memberships, "ProvisionedThroughputExceededException"
    put = {"Put": {"TableName": table, "Item": client.encode({"pk": "demo#1"})}}
    answer_first(monkeypatch, client.client(), *[refused(code)] * 2, refused("TransactionCanceledException", "None"))
    with pytest.raises(ClientError):
        client.put(table, {"pk": "demo#1"})
    with pytest.raises(ClientError):
        client.delete(table, {"pk": "demo#1"})
    with pytest.raises(ClientError):
        client.transact([put])


def test_an_event_that_the_bus_refuses_is_an_error(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_refused(call: Callable[[], Any], request: dict[str, Any]) -> Any:
        entries: list[dict[str, str]] = [{"EventId": "1"} for _ in request["Entries"]]
        entries[1] = {"ErrorCode": "InternalFailure"}
        return {"FailedEntryCount": 1, "Entries": entries}

    asked = answer_first(monkeypatch, bus.client(), one_refused)
    told = [Event("CustomerEnteredSegment", NOW, {"id": str(number)}) for number in range(12)]
    with pytest.raises(RuntimeError, match=r"refused 1 of 10 events: \['InternalFailure'\]"):
        bus.publish(stack.event_bus_name, told)
    assert asked == ["PutEvents"]
