"""The simulated store does what DynamoDB does: the same as moto for every write, and what moto does not have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from .dynamodb import DynamoDB, Perform
from .expressions import UnknownExpression, condition, update
from .table import Table

SHAPE: dict[str, Any] = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "due", "minute")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "due",
            "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"}, {"AttributeName": "minute", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
CONDITIONS = (
    None,
    "attribute_not_exists(pk)",
    "attribute_exists(pk) AND attribute_not_exists(erased)",
    "version = :version",
    "version = :version AND generation <= :version",
    "#v <> :version OR NOT attribute_exists(erased)",
)
UPDATES = ("ADD members :delta", "SET version = :delta", "SET version = version + :delta REMOVE erased")


class Calm:
    """Calls that always come to pass."""

    def __init__(self) -> None:
        self.chance = Random(1)

    def call(self, operation: str, perform: Perform, *, once: bool = False) -> Any:
        return perform()

    def happens(self, trouble: str) -> bool:
        return False

    def tell_read(self, *_: object, goes_on: bool) -> None: ...

    def tell_write(self, *_: object) -> None: ...


@pytest.fixture
def table() -> Table:
    return Table({**SHAPE, "StreamSpecification": {}}, lambda: datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def simulated(table: Table) -> DynamoDB:
    return DynamoDB({"things": table}, Calm())


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(**SHAPE)
        yield client


def place(chance: Random) -> dict[str, Any]:
    return {"pk": {"S": chance.choice("ab")}, "sk": {"S": chance.choice("xyz")}}


def conditional(chance: Random) -> dict[str, Any]:
    text = chance.choice(CONDITIONS)
    if text is None:
        return {}
    asked: dict[str, Any] = {"ConditionExpression": text}
    if ":version" in text:
        asked["ExpressionAttributeValues"] = {":version": {"N": str(chance.randrange(3))}}
    if "#v" in text:
        asked["ExpressionAttributeNames"] = {"#v": "version"}
    return asked


def one_write(chance: Random) -> tuple[str, dict[str, Any]]:
    """A write of any kind, as an operation of a transaction."""
    kind = chance.choice(("Put", "Put", "Delete", "ConditionCheck", "Update"))
    request: dict[str, Any] = {"TableName": "things", **conditional(chance)}
    if kind == "Put":
        numbers = {name: {"N": str(chance.randrange(3))} for name in ("version", "generation")}
        erased = {"erased": {"BOOL": True}} if chance.random() < 0.3 else {}
        return kind, {**request, "Item": {**place(chance), **numbers, **erased}}
    request["Key"] = place(chance)
    if kind == "ConditionCheck":
        request.setdefault("ConditionExpression", "attribute_exists(pk)")
    if kind == "Update":
        request["UpdateExpression"] = chance.choice(UPDATES)
        values = request.get("ExpressionAttributeValues", {})
        request["ExpressionAttributeValues"] = {**values, ":delta": {"N": str(chance.randrange(-2, 3))}}
        if "version +" in request["UpdateExpression"]:
            request["ConditionExpression"] = "attribute_exists(version)"
            request["ExpressionAttributeValues"] = {":delta": {"N": "1"}}
            request.pop("ExpressionAttributeNames", None)
    return kind, request


def outcome(client: Any, writes: list[tuple[str, dict[str, Any]]]) -> Any:
    single = {"Put": "put_item", "Delete": "delete_item", "Update": "update_item"}
    try:
        if len(writes) == 1 and writes[0][0] in single:
            getattr(client, single[writes[0][0]])(**writes[0][1])
        else:
            client.transact_write_items(TransactItems=[{kind: request} for kind, request in writes])
    except ClientError as error:
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        return error.response["Error"]["Code"], reasons
    return "done"


def test_writes_come_to_the_same_as_in_moto(simulated: DynamoDB, moto: Any) -> None:
    chance = Random(3)
    for _ in range(150):
        writes = [one_write(chance) for _ in range(chance.choice((1, 1, 1, 3)))]
        places = [str(request.get("Key") or {n: request["Item"][n] for n in ("pk", "sk")}) for _, request in writes]
        if len(set(places)) < len(places):
            continue

        assert outcome(simulated, writes) == outcome(moto, writes), writes
        for partition in "ab":
            asked: dict[str, Any] = {
                "TableName": "things",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": partition}},
                "ConsistentRead": True,
            }
            assert simulated.query(**asked)["Items"] == moto.query(**asked)["Items"]


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        ("pk = :pk AND begins_with(sk, :sk)", None),
        ("pk = :pk AND sk > :sk", 1),
        ("pk = :pk AND sk BETWEEN :sk AND :sk", 9),
    ],
)
def test_queries_find_the_same_as_in_moto(asked: str, limit: int | None, simulated: DynamoDB, moto: Any) -> None:
    for client in (simulated, moto):
        for sk in ("a", "b", "bb", "c"):
            client.put_item(TableName="things", Item={"pk": {"S": "p"}, "sk": {"S": sk}})
    request: dict[str, Any] = {
        "TableName": "things",
        "KeyConditionExpression": asked,
        "ExpressionAttributeValues": {":pk": {"S": "p"}, ":sk": {"S": "b"}},
        "ConsistentRead": True,
        **({"Limit": limit} if limit else {}),
    }
    for forward in (True, False):
        found = [one.query(**request, ScanIndexForward=forward) for one in (simulated, moto)]

        assert found[0]["Items"] == found[1]["Items"]
        assert found[0].get("LastEvaluatedKey") == found[1].get("LastEvaluatedKey")


def test_an_index_follows_later(simulated: DynamoDB, table: Table) -> None:
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}, "due": {"S": "d"}, "minute": {"S": "m"}}
    asked: dict[str, Any] = {
        "TableName": "things",
        "IndexName": "due",
        "KeyConditionExpression": "due = :due",
        "ExpressionAttributeValues": {":due": {"S": "d"}},
    }
    simulated.put_item(TableName="things", Item={**item, "more": {"S": "text"}})
    assert simulated.query(**asked)["Items"] == []

    table.settle()
    assert simulated.query(**asked)["Items"] == [item]


def test_a_write_that_changes_nothing_leaves_no_record(simulated: DynamoDB, table: Table) -> None:
    for _ in range(2):
        simulated.put_item(TableName="things", Item={"pk": {"S": "p"}, "sk": {"S": "s"}})

    assert len(table.stream) == 1


@pytest.mark.parametrize("text", ["size(facts) > :most", "a.b = :c", "contains(tags, :tag)", "a = ", "list[0] = :c"])
def test_a_condition_that_is_not_known_is_an_error(text: str) -> None:
    with pytest.raises(UnknownExpression):
        condition(text)


@pytest.mark.parametrize("text", ["DELETE tags :tag", "SET a = list_append(a, :b)"])
def test_an_update_that_is_not_known_is_an_error(text: str) -> None:
    with pytest.raises((UnknownExpression, KeyError)):
        update(text)


@pytest.mark.parametrize(
    "request_",
    [
        {"Item": {"pk": {"S": "p"}, "sk": {"S": ""}}},
        {"Item": {"pk": {"S": "p"}, "sk": {"S": "s"}, "facts": {"S": "x" * 400 * 1024}}},
        {"Item": {"pk": {"S": "p"}, "sk": {"S": "s"}, "due": {"N": "1"}}},
        {
            "Item": {"pk": {"S": "p"}, "sk": {"S": "s"}},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ExpressionAttributeValues": {":unused": {"N": "1"}},
        },
    ],
)
def test_what_dynamodb_refuses_is_refused(request_: dict[str, Any], simulated: DynamoDB) -> None:
    with pytest.raises(AssertionError):
        simulated.put_item(TableName="things", **request_)
