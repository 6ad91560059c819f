"""Putting dead letters back, queue by queue: each is judged, then sent on, deleted or left."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from segment_core.membership.redrive import JUDGES, QUEUES, Verdict
from segment_core.runtime import queue
from segment_core.store.tables import Tables

# For so long nobody else gets a letter that was looked at; those that are left come back after it.
_HIDDEN_SECONDS = 300
_TABLES = ("customers", "memberships", "members", "history", "segments")
_TRIMMED = ("TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException")


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of one letter."""

    outcome: str
    queue: str
    shop: str
    why: str


@dataclass(frozen=True, slots=True)
class Where:
    """A stack: its outputs by name. On this machine AWS is played by a local one, whose addresses are known too."""

    outputs: Mapping[str, str]
    services: str | None = None
    tables: str | None = None

    def use(self) -> None:
        """Have all clients of AWS in this process talk to that stack."""
        if self.services is None:
            return
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.services,
            "AWS_ENDPOINT_URL_DYNAMODB": str(self.tables),
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        }

    def named(self) -> Tables:
        """The stack's tables."""
        return Tables(*(self.outputs[f"{kind.capitalize()}TableName"] for kind in _TABLES))


def redrive(where: Where, *, shop: str | None, discard: bool) -> Iterator[Happened]:
    """Judge every letter, and do what the judgement says. Only those of `shop`, if one is named.

    With `discard` nothing is put back: all letters are deleted, which is how what they hold is erased.
    """
    for output, judge in JUDGES.items():
        address = where.outputs[output]
        for letter in _letters(address):
            verdict = judge(where.named(), letter["Body"], _read_stream)
            if shop is not None and verdict.shop != shop:
                continue
            yield _done(where, address, letter, verdict, discard=discard)


def _letters(address: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    while True:
        answer = queue.client().receive_message(
            QueueUrl=address, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS, WaitTimeSeconds=1
        )
        letters = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
        if not letters:
            return
        seen |= {one["MessageId"] for one in letters}
        yield from letters


def _done(where: Where, address: str, letter: Mapping[str, Any], verdict: Verdict, *, discard: bool) -> Happened:
    name = address.rpartition("/")[2]
    if discard:
        _delete(address, letter)
        return Happened("discarded", name, verdict.shop, "as was asked")
    if verdict.to is not None:
        # Sent before it is deleted: what comes twice changes nothing.
        for message in verdict.messages:
            queue.send(where.outputs[QUEUES[verdict.to]], str(message.get("shop") or "unknown"), message)
    if verdict.outcome != "refused again":
        _delete(address, letter)
    return Happened(verdict.outcome, name, verdict.shop, verdict.why)


def _delete(address: str, letter: Mapping[str, Any]) -> None:
    queue.client().delete_message(QueueUrl=address, ReceiptHandle=letter["ReceiptHandle"])


def _read_stream(place: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """The records that a failure names by their numbers; None if the stream has forgotten the first of them."""
    client = boto3.client("dynamodbstreams")
    try:
        iterator = client.get_shard_iterator(
            StreamArn=place["streamArn"],
            ShardId=place["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=place["startSequenceNumber"],
        )["ShardIterator"]
        found: list[Mapping[str, Any]] = []
        while iterator:
            answer = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(place["endSequenceNumber"]):
                    return found
                found.append(json.loads(json.dumps(record, default=_text)))
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    except ClientError as error:
        if error.response["Error"]["Code"] in _TRIMMED:
            return None
        raise
    return found


def _text(value: Any) -> str:
    """Binary values and instants as Lambda hands them over: as text."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(value)
