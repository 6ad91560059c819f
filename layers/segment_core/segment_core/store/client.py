"""DynamoDB, as the store modules use it: one client, typed items, and the errors that matter.

Items are plain dicts of str, int, bool, bytes and None. A failed condition is an ordinary outcome
here, so it comes back as a value; throttling and outages are left to botocore's retries and raise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Item = dict[str, Any]

TRANSACTION_LIMIT = 100
BATCH_WRITE_LIMIT = 25


@cache
def client() -> Any:
    """The process's DynamoDB client. Tests and the local stack clear the cache to point elsewhere."""
    return boto3.client(
        "dynamodb",
        config=Config(
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=2,
            read_timeout=10,
            max_pool_connections=32,
        ),
    )


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """A plain item in DynamoDB's own notation; attributes that are None are left out."""
    return {name: _encode_value(value) for name, value in item.items() if value is not None}


def _encode_value(value: Any) -> dict[str, Any]:
    # bool first: in Python a bool is an int.
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    raise TypeError(f"{type(value).__name__} is not stored as an attribute; make it text first")


def decode(item: Mapping[str, Any]) -> Item:
    """An item in DynamoDB's notation as a plain one."""
    return {name: _decode_value(value) for name, value in item.items()}


def _decode_value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return int(value)
    return value


def get(table: str, key: Mapping[str, Any], *, consistent: bool = True) -> Item | None:
    """The item, or None."""
    answer = client().get_item(TableName=table, Key=encode(key), ConsistentRead=consistent)
    return decode(answer["Item"]) if "Item" in answer else None


def put(table: str, item: Mapping[str, Any], **condition: Any) -> bool:
    """Write the item; False if the condition failed."""
    try:
        client().put_item(TableName=table, Item=encode(item), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def delete(table: str, key: Mapping[str, Any], **condition: Any) -> bool:
    """Delete the item; False if the condition failed."""
    try:
        client().delete_item(TableName=table, Key=encode(key), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def pages(operation: str, **request: Any) -> Iterator[tuple[list[Item], Mapping[str, Any] | None]]:
    """Every page of a query or scan, with the key to go on from (None on the last)."""
    call = getattr(client(), operation)
    while True:
        answer = call(**request)
        last = cast("Mapping[str, Any] | None", answer.get("LastEvaluatedKey"))
        yield [decode(item) for item in answer["Items"]], last
        if last is None:
            return
        request["ExclusiveStartKey"] = last


def query(table: str, **request: Any) -> Iterator[Item]:
    """Every item of a query, to the end of its last page."""
    for items, _ in pages("query", TableName=table, **request):
        yield from items


def transact(operations: Sequence[Mapping[str, Any]]) -> bool:
    """All of the writes or none; False if a condition failed or another writer was in the way."""
    try:
        client().transact_write_items(TransactItems=list(operations))
    except ClientError as error:
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True
