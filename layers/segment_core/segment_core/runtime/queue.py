"""Sending to SQS: fair by shop, and nothing dropped in silence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any

import boto3

BATCH_LIMIT = 10
MESSAGE_LIMIT_BYTES = 1024 * 1024


@cache
def client() -> Any:
    """The process's SQS client."""
    return boto3.client("sqs")


def send(queue_url: str, shop: str, body: Mapping[str, Any], attributes: Mapping[str, str] | None = None) -> None:
    """Queue one message. The group makes a standard queue fair between shops, it orders nothing."""
    client().send_message(
        QueueUrl=queue_url,
        MessageBody=json.dumps(body, separators=(",", ":")),
        MessageGroupId=shop,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()
        },
    )


def send_all(queue_url: str, shop: str, bodies: Iterable[Mapping[str, Any]]) -> int:
    """Queue many small messages in batches; returns how many. Raises if the queue refused one."""
    sent = 0
    rest = iter(bodies)
    while batch := list(islice(rest, BATCH_LIMIT)):
        answer = client().send_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(n), "MessageBody": json.dumps(body, separators=(",", ":")), "MessageGroupId": shop}
                for n, body in enumerate(batch)
            ],
        )
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(failed)} of {len(batch)} messages: {failed[0]['Code']}")
        sent += len(batch)
    return sent
