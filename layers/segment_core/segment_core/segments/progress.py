"""How far a build has come, and when it will be through if it goes on like that."""

from __future__ import annotations

from datetime import datetime

from segment_core.model.segment import Job
from segment_core.record import record
from segment_core.store import keys


@record
class Build:
    """What is being built for a segment.

    `done` customers of `total` had their turn. `total` is None until all were counted, which the state machine begins
    with; `seconds_left` too, and until somebody had their turn. `error` is what kept it from going on since it last
    moved.
    """

    definition_id: str
    query: str
    done: int
    total: int | None
    started_at: datetime
    seconds_left: int | None
    error: str | None


def progress(job: Job, definition: str, query: str, at: datetime) -> Build:
    """How far the build of that job has come at `at`."""
    counted = len(job.counted) == keys.ROSTER_SLICES
    # Customers who came since they were counted have their turn too.
    total = max(job.done, sum(job.counted.values())) if counted else None
    left = None
    if total is not None and job.done:
        passed = max(0.0, (at - job.began_at).total_seconds())
        left = round(passed / job.done * (total - job.done))
    return Build(definition, query, job.done, total, job.began_at, left, job.error or None)
