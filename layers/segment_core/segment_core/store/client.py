"""DynamoDB, as the store modules use it: one client, typed items, and the errors that matter.

Items are plain dicts of str, int, bool, bytes and None. A failed condition is an ordinary outcome
here, so it comes back as a value; throttling and outages are left to botocore's retries and raise.
"""

from __future__ import annotations

import random
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError

from segment_core.errors import Contention
from segment_core.runtime import aws

Item = dict[str, Any]

Operation = dict[str, Any]
"""One write of a transaction, in DynamoDB's notation."""

TRANSACTION_LIMIT = 100
BATCH_GET_LIMIT = 100
BATCH_WRITE_LIMIT = 25

# A single write that meets a transaction under way on its item is refused too; botocore does not retry that.
_IN_THE_WAY = ("ConditionalCheckFailedException", "TransactionConflictException")


@cache
def client() -> Any:
    """The process's DynamoDB client. Tests and the local stack clear the cache to point elsewhere."""
    return boto3.client(
        "dynamodb",
        config=aws.config(
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


def decode_image(image: Mapping[str, Any]) -> Item:
    """An image of a stream record, as Lambda hands it over: JSON, so binary values are base64 text."""
    return {
        name: b64decode(value["B"]) if isinstance(value.get("B"), str) else _decode_value(value)
        for name, value in image.items()
    }


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
    """Write the item; False if the condition failed or a transaction was in the way."""
    try:
        client().put_item(TableName=table, Item=encode(item), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] in _IN_THE_WAY:
            return False
        raise
    return True


def delete(table: str, key: Mapping[str, Any], **condition: Any) -> bool:
    """Delete the item; False if the condition failed or a transaction was in the way."""
    try:
        client().delete_item(TableName=table, Key=encode(key), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] in _IN_THE_WAY:
            return False
        raise
    return True


def erase(table: str, key: Mapping[str, Any]) -> None:
    """Delete the item, whatever it holds, once no transaction is in the way. Raises Contention if one always is."""
    for pause in backoff():
        if delete(table, key):
            return
        pause()


def update(**request: Any) -> bool:
    """Change an item; False if the condition failed or a transaction was in the way. Takes UpdateItem's arguments."""
    try:
        client().update_item(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] in _IN_THE_WAY:
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


def batch_get(table: str, wanted: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    """The items of those keys (in DynamoDB's notation) that exist, read consistently, in any order."""
    for start in range(0, len(wanted), BATCH_GET_LIMIT):
        rest: Any = {
            table: {
                "Keys": list(wanted[start : start + BATCH_GET_LIMIT]),
                "ConsistentRead": True,
            }
        }
        for pause in backoff():
            answer = client().batch_get_item(RequestItems=rest)
            for item in answer["Responses"].get(table, []):
                yield decode(item)
            rest = answer.get("UnprocessedKeys")
            if not rest:
                break
            pause()


def batch_write(table: str, requests: Sequence[Mapping[str, Any]]) -> None:
    """Carry out put and delete requests, all of them, in any order."""
    for start in range(0, len(requests), BATCH_WRITE_LIMIT):
        rest: Any = {table: list(requests[start : start + BATCH_WRITE_LIMIT])}
        for pause in backoff():
            rest = client().batch_write_item(RequestItems=rest).get("UnprocessedItems")
            if not rest:
                break
            pause()


def backoff(attempts: int = 12) -> Iterator[Callable[[], None]]:
    """Attempts of an operation that others may be in the way of; call what is yielded before the next.

    Pauses double from 10 ms up to 1 s, each drawn at random so that rivals part. Raises Contention
    when the attempts are used up.
    """
    for attempt in range(attempts):
        yield partial(_pause, min(1.0, 0.01 * 2**attempt))
    raise Contention(f"gave way to others {attempts} times")


def _pause(longest: float) -> None:
    # Not for secrets: only to keep rivals apart.
    time.sleep(random.uniform(0, longest))  # noqa: S311


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
