"""Jobs: what a change of definition or settings still has to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segment_core.model.segment import Job
from segment_core.store import client, keys, records


def read(table: str, shop: str, job: str) -> Job | None:
    """The job, read consistently; None if it has ended."""
    item = client.get(table, {"pk": shop, "sk": keys.job(job)})
    return Job(**records.from_item(item)) if item else None


def unfinished(table: str, shop: str) -> Iterator[Job]:
    """The jobs of the shop that have not ended."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":pk": shop, ":prefix": keys.job("")}),
    ):
        yield Job(**records.from_item(item))


def advance(table: str, shop: str, job: Job) -> bool:
    """Note how far the job came; False if it has ended, or another step of it has begun, in the meantime."""
    return replace(table, shop, job, job)


def end(table: str, shop: str, job: Job) -> bool:
    """Forget the job; False if it has ended, or another step of it has begun, in the meantime."""
    return client.delete(table, {"pk": shop, "sk": keys.job(job.id)}, **_unless_replaced(job))


def replace(table: str, shop: str, job: Job, following: Job) -> bool:
    """Begin the job's next step; False if it has ended, or another step has begun, in the meantime."""
    item = {"pk": shop, "sk": keys.job(job.id), **records.to_item(following)}
    return client.put(table, item, **_unless_replaced(job))


def _unless_replaced(job: Job) -> dict[str, Any]:
    return {
        "ConditionExpression": "#step = :step AND revision = :revision",
        "ExpressionAttributeNames": {"#step": "step"},
        "ExpressionAttributeValues": client.encode({":step": job.step, ":revision": job.revision}),
    }


def put_operation(table: str, shop: str, job: Job) -> dict[str, Any]:
    """The part of a transaction that writes the job."""
    item = client.encode({"pk": shop, "sk": keys.job(job.id), **records.to_item(job)})
    return {"Put": {"TableName": table, "Item": item}}
