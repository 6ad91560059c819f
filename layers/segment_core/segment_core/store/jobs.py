"""Jobs: what a change of definition or settings still has to do; those of all shops in one small partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segment_core.instants import parse
from segment_core.model.segment import Job
from segment_core.store import client, keys, records


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


def advance(table: str, shop: str, job: Job) -> bool:
    """Note how far the job came; False if it has ended, or another step of it has begun, in the meantime."""
    return replace(table, shop, job, job)


def end(table: str, shop: str, job: Job) -> bool:
    """Forget the job; False if it has ended, or another step of it has begun, in the meantime."""
    return client.delete(table, _key(shop, job.id), **_unless_replaced(job))


def replace(table: str, shop: str, job: Job, following: Job) -> bool:
    """Begin the job's next step; False if it has ended, or another step has begun, in the meantime."""
    return client.put(table, {**_key(shop, job.id), **records.to_item(following)}, **_unless_replaced(job))


def _unless_replaced(job: Job) -> dict[str, Any]:
    return {
        "ConditionExpression": "#step = :step AND revision = :revision",
        "ExpressionAttributeNames": {"#step": "step"},
        "ExpressionAttributeValues": client.encode({":step": job.step, ":revision": job.revision}),
    }


def put_operation(table: str, shop: str, job: Job) -> dict[str, Any]:
    """The part of a transaction that writes the job."""
    item = client.encode({**_key(shop, job.id), **records.to_item(job)})
    return {"Put": {"TableName": table, "Item": item}}


def _key(shop: str, job: str) -> dict[str, str]:
    return {"pk": keys.JOBS, "sk": keys.job(shop, job)}
