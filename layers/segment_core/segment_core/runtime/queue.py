"""Sending to SQS: fair by shop, and nothing dropped in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import boto3

from segment_core.runtime import aws

BATCH_LIMIT = 10
MESSAGE_LIMIT_BYTES = 1024 * 1024

# What JSON leaves as it is and SQS refuses: surrogates and the two last characters of the basic plane.
_NOT_IN_MESSAGES = re.compile("[\ud800-\udfff\ufffe\uffff]")


@cache
def client() -> Any:
    """The process's SQS client."""
    return boto3.client("sqs", config=aws.config())


def encode(body: Mapping[str, Any]) -> str:
    """The text of a message. Characters stay themselves: escaping those outside ASCII could treble a body."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return _NOT_IN_MESSAGES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def size(body: Mapping[str, Any]) -> int:
    """Bytes of that message; more than `MESSAGE_LIMIT_BYTES` cannot be sent."""
    return len(encode(body).encode())


def send(
    queue_url: str,
    shop: str,
    body: Mapping[str, Any],
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Queue one message. The group makes a standard queue fair between shops, it orders nothing."""
    client().send_message(
        QueueUrl=queue_url,
        MessageBody=encode(body),
        MessageGroupId=shop,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()
        },
    )


def send_all(queue_url: str, shop: str, bodies: Iterable[Mapping[str, Any]]) -> int:
    """Queue many messages in batches; returns how many. Raises if the queue refused one."""
    sent = 0
    for batch in _batches(encode(body) for body in bodies):
        answer = client().send_message_batch(
            QueueUrl=queue_url,
            Entries=[{"Id": str(n), "MessageBody": text, "MessageGroupId": shop} for n, text in enumerate(batch)],
        )
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(failed)} of {len(batch)} messages: {failed[0]['Code']}")
        sent += len(batch)
    return sent


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Groups that one call may carry: at most ten, and together no larger than one message may be."""
    batch: list[str] = []
    room = MESSAGE_LIMIT_BYTES
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) == BATCH_LIMIT or length > room):
            yield batch
            batch, room = [], MESSAGE_LIMIT_BYTES
        batch.append(text)
        room -= length
    if batch:
        yield batch
