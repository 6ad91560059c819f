"""Jobs: what a change of definition or settings still has to do; those of all shops in one small partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.segment import Job
from segment_core.store import client, keys, records

# What a worker must find as it read it: the step to end it, the place too to say that it came further.
_STEP = ("step", "revision")
_PLACE = (*_STEP, "shard", "after")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A job that has not ended, and when it last moved."""

    shop: str
    id: str
    touched_at: datetime


def read(table: str, shop: str, job: str) -> Job | None:
    """The job, read consistently; None if it has ended."""
    item = client.get(table, _key(shop, job))
    return Job(**records.from_item(item)) if item else None


def unfinished(table: str) -> Iterator[Unfinished]:
    """The jobs of all shops that have not ended."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.JOBS}),
        ProjectionExpression="sk, touched_at",
    ):
        yield Unfinished(*keys.split_job(item["sk"]), parse(item["touched_at"]))


def advance(table: str, shop: str, job: Job, further: Job) -> bool:
    """Note how far the job came from where it was read; False if somebody else moved or ended it meanwhile."""
    return client.put(table, _item(shop, further), **_unless_changed(job, _PLACE))


def touch(table: str, job: Unfinished, at: datetime) -> bool:
    """Say that somebody was asked to go on with the job; False if it has moved or ended since it was read."""
    touched = {
        "TableName": table,
        "Key": client.encode(_key(job.shop, job.id)),
        "UpdateExpression": "SET touched_at = :at",
        "ConditionExpression": "touched_at = :read",
        "ExpressionAttributeValues": client.encode({":at": iso(at), ":read": iso(job.touched_at)}),
    }
    return client.transact([{"Update": touched}])


def end(table: str, shop: str, job: Job) -> bool:
    """Forget the job; False if it has ended, or another step of it has begun, in the meantime."""
    return client.delete(table, _key(shop, job.id), **_unless_changed(job, _STEP))


def replace(table: str, shop: str, job: Job, following: Job) -> bool:
    """Begin the job's next step; False if it has ended, or another step has begun, in the meantime."""
    return client.put(table, _item(shop, following), **_unless_changed(job, _STEP))


def _unless_changed(job: Job, attributes: tuple[str, ...]) -> dict[str, Any]:
    stored = records.to_item(job)
    return {
        "ConditionExpression": " AND ".join(f"#{name} = :{name}" for name in attributes),
        "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
        "ExpressionAttributeValues": client.encode({f":{name}": stored[name] for name in attributes}),
    }


def put_operation(table: str, shop: str, job: Job) -> dict[str, Any]:
    """The part of a transaction that writes the job."""
    return {"Put": {"TableName": table, "Item": client.encode(_item(shop, job))}}


def _item(shop: str, job: Job) -> dict[str, Any]:
    return {**_key(shop, job.id), **records.to_item(job)}


def _key(shop: str, job: str) -> dict[str, str]:
    return {"pk": keys.JOBS, "sk": keys.job(shop, job)}
