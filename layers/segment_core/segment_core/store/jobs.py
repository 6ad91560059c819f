"""Jobs: what a change of definitions or settings still has to do; those of all shops in one small partition.

Several workers go through the parts of a job side by side. How far each part came is an attribute of its own, so
they are in nobody's way, and a write that finds another step than it worked on changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.segment import Job, Step
from segment_core.record import record
from segment_core.store import client, keys
from segment_core.store.client import Item

_PLACE, _COUNTED = "place_", "counted_"


@record
class Unfinished:
    """A job that has not ended, its step, and when it last moved."""

    shop: str
    id: str
    step: Step
    touched_at: datetime


def read(table: str, shop: str, job: str) -> Job | None:
    """The job, read consistently; None if it has ended."""
    item = client.get(table, _key(shop, job))
    return _job(job, item) if item else None


def unfinished(table: str) -> Iterator[Unfinished]:
    """The jobs of all shops that have not ended."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.JOBS}),
        ProjectionExpression="sk, #step, touched_at",
        ExpressionAttributeNames={"#step": "step"},
    ):
        yield Unfinished(*keys.split_job(item["sk"]), item["step"], parse(item["touched_at"]))


def advance(table: str, shop: str, job: Job, part: int, to: str, done: int, at: datetime) -> bool:
    """Note how far a part of the job's step came from where it was read, and how many customers had their turn.

    False if somebody else moved that part meanwhile, or the step has ended.
    """
    place = f"{_PLACE}{part}"
    values = {":step": job.step, ":to": to, ":at": iso(at), ":done": done}
    came_from = f"attribute_not_exists({place})"
    if part in job.places:
        came_from, values[":from"] = f"{place} = :from", job.places[part]
    change = f"SET {place} = :to, touched_at = :at REMOVE #error ADD done :done"
    return _update(table, shop, job.id, change, f"#step = :step AND {came_from}", values)


def turned(table: str, shop: str, job: Job, done: int, at: datetime) -> bool:
    """Note that so many customers had their turn, who belong to no part; False if the step has ended."""
    values = {":step": job.step, ":at": iso(at), ":done": done}
    return _update(table, shop, job.id, "SET touched_at = :at REMOVE #error ADD done :done", "#step = :step", values)


def counted(table: str, shop: str, job: Job, part: int, customers: int) -> bool:
    """Note how many customers there are in a part of the job's step; False if the step has ended."""
    values = {":step": job.step, ":counted": customers}
    return _update(table, shop, job.id, f"SET {_COUNTED}{part} = :counted", "#step = :step", values)


def failed(table: str, shop: str, job: str, error: str) -> bool:
    """Note what keeps the job from going on; False if it has ended. It is gone as soon as the job moves."""
    return _update(table, shop, job, "SET #error = :error", "attribute_exists(pk)", {":error": error})


def touch(table: str, job: Unfinished, at: datetime) -> bool:
    """Say that somebody was asked to go on with the job; False if it has moved or ended since it was read."""
    values = {":at": iso(at), ":read": iso(job.touched_at)}
    return _update(table, job.shop, job.id, "SET touched_at = :at", "touched_at = :read", values)


def _update(table: str, shop: str, job: str, change: str, condition: str, values: Mapping[str, Any]) -> bool:
    update = {
        "TableName": table,
        "Key": client.encode(_key(shop, job)),
        "UpdateExpression": change,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": client.encode(values),
    }
    # Both are words that DynamoDB keeps for itself; a name that is not used is refused.
    names = {f"#{word}": word for word in ("step", "error") if f"#{word}" in f"{change} {condition}"}
    return client.update(**update, **({"ExpressionAttributeNames": names} if names else {}))


def end(table: str, shop: str, job: Job) -> bool:
    """Forget the job; False if it has ended, or another step of it has begun, in the meantime."""
    return client.delete(table, _key(shop, job.id), **_unless_changed(job))


def replace(table: str, shop: str, job: Job, following: Job) -> bool:
    """Begin the job's next step; False if it has ended, or another step has begun, in the meantime."""
    return client.put(table, _item(shop, following), **_unless_changed(job))


def _unless_changed(job: Job) -> dict[str, Any]:
    return {
        "ConditionExpression": "#step = :step",
        "ExpressionAttributeNames": {"#step": "step"},
        "ExpressionAttributeValues": client.encode({":step": job.step}),
    }


def put_operation(table: str, shop: str, job: Job) -> dict[str, Any]:
    """The part of a transaction that writes the job."""
    return {"Put": {"TableName": table, "Item": client.encode(_item(shop, job))}}


def end_operations(table: str, shop: str, ended: Sequence[str]) -> list[dict[str, Any]]:
    """The part of a transaction that forgets those jobs."""
    return [{"Delete": {"TableName": table, "Key": client.encode(_key(shop, job))}} for job in ended]


def _item(shop: str, job: Job) -> Item:
    item: Item = {
        **_key(shop, job.id),
        "step": job.step,
        "began_at": iso(job.began_at),
        "touched_at": iso(job.touched_at),
        "before": job.before,
        "after": job.after,
        "done": job.done,
        "error": job.error or None,
    }
    item |= {f"{_PLACE}{part}": place for part, place in job.places.items()}
    return item | {f"{_COUNTED}{part}": number for part, number in job.counted.items()}


def _job(job: str, item: Item) -> Job:
    return Job(
        id=job,
        step=item["step"],
        began_at=parse(item["began_at"]),
        touched_at=parse(item["touched_at"]),
        before=item["before"],
        after=item["after"],
        places=_numbered(item, _PLACE),
        done=item["done"],
        counted=_numbered(item, _COUNTED),
        error=item.get("error", ""),
    )


def _numbered(item: Item, prefix: str) -> dict[int, Any]:
    return {int(name.removeprefix(prefix)): value for name, value in item.items() if name.startswith(prefix)}


def _key(shop: str, job: str) -> dict[str, str]:
    return {"pk": keys.JOBS, "sk": keys.job(shop, job)}
