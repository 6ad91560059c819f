"""Dead letters: what would become of each if it were put back now, and where it belongs.

A letter is worth putting back if it would change something: a message that says nothing new, or work that is done,
is superseded; one that would be refused for the same reason again stays where it is. What is put back goes the
ordinary road, so tombstones and versions hold for it as for everything that is late.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from segment_core.errors import InvalidDocument, InvalidRequest, NotUnderstood, TidemarkError, TooLarge
from segment_core.ingest import messages
from segment_core.membership import parking
from segment_core.record import field, record
from segment_core.segments import domains, intake
from segment_core.store import erasures, extracts, keys, shops
from segment_core.store.tables import Tables

Queue = Literal["ingest", "work", "project-retry"]
Outcome = Literal["put back", "superseded", "refused again"]
Message = Mapping[str, Any]

# Reads the records that a stream's failure only names by their place. None: it has forgotten them.
ReadStream = Callable[[Mapping[str, Any]], Sequence[Message] | None]


@record
class Verdict:
    """What to do about a letter: where its messages go, and in words why. The words hold nothing that is stored."""

    outcome: Outcome
    why: str
    shop: str = ""
    to: Queue | None = None
    messages: Sequence[Message] = field(default_factory=tuple)


def judge_ingest(tables: Tables, body: str, read_stream: ReadStream) -> Verdict:
    """A letter of ingest: read again, and compared with what is stored."""
    try:
        told = messages.read(body, lambda domain: domains.bound(shops.by_domain(tables.segments), domain))
        changes = intake.would_change(tables, told)
    except (NotUnderstood, InvalidDocument, InvalidRequest, TooLarge) as error:
        return _refused(error, _object(body).get("shop", ""))
    if not changes:
        return Verdict("superseded", "everything in it is known, or must not be known any more", told.shop)
    return Verdict("put back", "it says something new", told.shop, "ingest", (_object(body),))


def judge_work(tables: Tables, body: str, read_stream: ReadStream) -> Verdict:
    """A letter of the work queue: is there still something to do?"""
    match message := _object(body):
        case {"kind": "evaluate", "shop": str(shop)}:
            return Verdict("put back", "the customer is evaluated as things stand now", shop, "work", (message,))
        case {"kind": "extract", "shop": str(shop), "extract": str(extract)}:
            left = extracts.read(tables.segments, shop, extract) is not None
        case {"kind": "erasure", "shop": str(shop)}:
            left = erasures.read(tables.segments, shop) is not None
        case _:
            return _refused(NotUnderstood("it is no message of the work queue"))
    if not left:
        return Verdict("superseded", "the work has been done", shop)
    return Verdict("put back", "the work goes on where it stopped", shop, "work", (message,))


def judge_evaluate(tables: Tables, body: str, read_stream: ReadStream) -> Verdict:
    """Records of the customers stream: they only say whom to look at."""
    records = _records(_object(body), read_stream)
    if records is None:
        return _forgotten()
    named = sorted({keys.split_customer(record["dynamodb"]["Keys"]["pk"]["S"]) for record in records})
    wanted = tuple({"kind": "evaluate", "shop": shop, "customer": one, "cause": "fact"} for shop, one in named)
    return Verdict(
        "put back", "the customers are evaluated as things stand now", _one({s for s, _ in named}), "work", wanted
    )


def judge_project(tables: Tables, body: str, read_stream: ReadStream) -> Verdict:
    """Changes of membership, with both images or by their place in the stream."""
    message = _object(body)
    why = "lists, counts and history take what is newer than theirs; events are told"
    if message.get("kind") == parking.KIND:
        return Verdict("put back", why, str(message.get("shop", "")), "project-retry", (message,))
    records = _records(message, read_stream)
    if records is None:
        return _forgotten()
    parked = tuple(parking.message(record) for record in records)
    return Verdict("put back", why, _one({str(one["shop"]) for one in parked}), "project-retry", parked)


def judge_schedule(tables: Tables, body: str, read_stream: ReadStream) -> Verdict:
    """A run of a schedule that failed: the next one asks for all that is due."""
    return Verdict("superseded", "a later run does what this one did not")


JUDGES: Mapping[str, Callable[[Tables, str, ReadStream], Verdict]] = {
    "IngestDeadLetterQueueUrl": judge_ingest,
    "WorkDeadLetterQueueUrl": judge_work,
    "EvaluateFailureQueueUrl": judge_evaluate,
    "ProjectFailureQueueUrl": judge_project,
    "ScheduleDeadLetterQueueUrl": judge_schedule,
}
"""By the stack's output that names a queue of dead letters."""

QUEUES: Mapping[Queue, str] = {
    "ingest": "IngestQueueUrl",
    "work": "WorkQueueUrl",
    "project-retry": "ProjectRetryQueueUrl",
}
"""The stack's output that names where a letter belongs."""


def _records(message: Message, read_stream: ReadStream) -> Sequence[Message] | None:
    if "records" in message:
        records: Sequence[Message] = message["records"]
        return records
    place = message.get("DDBStreamBatchInfo")
    return None if place is None else read_stream(place)


def _forgotten() -> Verdict:
    return Verdict(
        "refused again", "the stream keeps records for a day, and these are gone; the audit repairs what they said"
    )


def _refused(error: TidemarkError, shop: object = "") -> Verdict:
    return Verdict("refused again", f"{error.code}: {error.message}", shop if isinstance(shop, str) else "")


def _object(body: str) -> dict[str, Any]:
    """The letter as a JSON object; an empty one in place of what is none."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _one(shops: Iterable[str]) -> str:
    """The shop, where all are of one."""
    found = sorted(shops)
    return found[0] if len(found) == 1 else ""
