"""Putting dead letters back, queue by queue: each is judged, then sent on, deleted or left."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from segment_core.membership.redrive import JUDGES, QUEUES, Message, Verdict
from segment_core.runtime import queue
from segment_core.store.tables import Tables

# For so long nobody else gets a letter that is looked at. A run that ends gives back at once what it leaves; one that
# was killed leaves it hidden until then.
_HIDDEN_SECONDS = 300
_HIDDEN_WHY = "{} are hidden until others have looked at them, at most 5 minutes; try again"
_BATCH = 10
# Any wait makes SQS ask all of its servers, so that what is there is found.
_WAIT_SECONDS = 1
_TABLES = ("customers", "memberships", "members", "history", "segments")
_TRIMMED = ("TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException")


HIDDEN = "hidden"
"""The outcome of letters that could not be looked at."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of one letter; with the outcome `HIDDEN`, how many of a queue could not be looked at."""

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


def redrive(where: Where, *, shop: str | None, discard: bool) -> Generator[Happened, None, None]:
    """Judge every letter, and do what the judgement says. Only those of `shop`, if one is named.

    With `discard` nothing is put back: all letters are deleted, which is how what they hold is erased. What is left or
    skipped can be looked at again as soon as this has ended, also by an error.
    """
    for output, judge in JUDGES.items():
        queued = _Letters(where.outputs[output])
        try:
            for letter in queued:
                verdict = judge(where.named(), letter["Body"], _read_stream)
                if shop is None or verdict.shop == shop:
                    yield _done(where, queued, letter, verdict, discard=discard)
            hidden = queued.hidden_by_others()
        finally:
            queued.give_back()
        if hidden:
            yield Happened(HIDDEN, queued.name, "", _HIDDEN_WHY.format(hidden))


class _Letters:
    """The letters of a queue, each once. Those that are not deleted are hidden until they are given back.

    That is at the end: before it, the same ones would be received again and again, and others not at all. In a run
    that takes longer than they are hidden they are received once more, and hidden anew.
    """

    def __init__(self, address: str) -> None:
        self.name = address.rpartition("/")[2]
        self._address = address
        self._held: dict[str, str] = {}
        self._hidden_before = self._hidden()

    def __iter__(self) -> Iterator[Message]:
        seen: set[str] = set()
        while True:
            answer = queue.client().receive_message(
                QueueUrl=self._address,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
            )
            if not (received := answer.get("Messages")):
                return
            self._held |= {one["MessageId"]: one["ReceiptHandle"] for one in received}
            letters = [one for one in received if one["MessageId"] not in seen]
            seen |= {one["MessageId"] for one in letters}
            yield from letters

    def delete(self, letter: Message) -> None:
        """Done with this one."""
        queue.client().delete_message(QueueUrl=self._address, ReceiptHandle=self._held.pop(letter["MessageId"]))

    def hidden_by_others(self) -> int:
        """How many were hidden before this run and still are: those that others hold.

        SQS counts with a delay, and what this run has deleted may be in its count for a while.
        """
        return max(0, min(self._hidden_before, self._hidden() - len(self._held)))

    def give_back(self) -> None:
        """Show what was received and not deleted to everybody again."""
        receipts = list(self._held.values())
        for start in range(0, len(receipts), _BATCH):
            # SQS refuses a receipt whose time is over by itself: that letter shows already.
            queue.client().change_message_visibility_batch(
                QueueUrl=self._address,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for number, receipt in enumerate(receipts[start : start + _BATCH])
                ],
            )
        self._held.clear()

    def _hidden(self) -> int:
        name = "ApproximateNumberOfMessagesNotVisible"
        told = queue.client().get_queue_attributes(QueueUrl=self._address, AttributeNames=[name])
        return int(told["Attributes"][name])


def _done(where: Where, queued: _Letters, letter: Message, verdict: Verdict, *, discard: bool) -> Happened:
    if discard:
        queued.delete(letter)
        return Happened("discarded", queued.name, verdict.shop, "as was asked")
    if verdict.to is not None:
        # Sent before it is deleted: what comes twice changes nothing.
        for message in verdict.messages:
            queue.send(where.outputs[QUEUES[verdict.to]], str(message.get("shop") or "unknown"), message)
    if verdict.outcome != "refused again":
        queued.delete(letter)
    return Happened(verdict.outcome, queued.name, verdict.shop, verdict.why)


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
