"""What the state machine of builds asks for: a table from the word in its tasks to what is done.

The machine knows the order of steps and how many work side by side; everything else is in `jobs`. Each task may be
done twice, and may find that the job is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from segment_core.errors import TidemarkError
from segment_core.membership import budget, export, jobs
from segment_core.membership.budget import SecondsLeft
from segment_core.membership.jobs import Paced
from segment_core.model.segment import Job
from segment_core.record import record
from segment_core.runtime import objects
from segment_core.store import facts, keys
from segment_core.store import jobs as stored
from segment_core.store.tables import Tables

Task = Mapping[str, Any]

# Some ten million customers: with more, readers hear how many had their turn, and not of how many.
_SECONDS_TO_COUNT = 30.0

# What a build may meet: anything else shows in the log of the function only.
_FORESEEN = (BotoCoreError, ClientError, TidemarkError, LookupError)


@record
class Worker:
    """One invocation: its instant, its time, and how fast it may go. `workers` is how many may work side by side."""

    tables: Tables
    at: datetime
    seconds_left: SecondsLeft
    paced: Paced
    workers: int

    def do(self, task: Task) -> dict[str, Any]:
        """Carry out one task of the machine. What keeps it from that is noted with the job, then raised."""
        try:
            return _TASKS[task["do"]](self, task)
        except _FORESEEN as error:
            stored.failed(self.tables.segments, task["shop"], task["job"], type(error).__name__)
            raise

    def _read(self, task: Task) -> Job | None:
        return stored.read(self.tables.segments, task["shop"], task["job"])

    def _begin(self, task: Task) -> dict[str, Any]:
        """The step that the job is at and its open parts; the end of a rest that was long enough."""
        job = self._read(task)
        if job is not None and job.step == "rest" and jobs.rested(job, self.at):
            jobs.wake(self.tables, task["shop"], job, self.at)
            job = self._read(task)
        if job is None or job.step == "rest":
            return {"step": "none", "more": False, "parts": [], "workers": self.workers}
        if job.step == "walk":
            self._count(task["shop"], job)
        return {"step": job.step, "more": True, "parts": jobs.open_parts(job), "workers": self.workers}

    def _count(self, shop: str, job: Job) -> None:
        """Count the customers of the parts, so that readers hear how far the build is; not for long."""
        in_time = budget.lasting(_SECONDS_TO_COUNT)
        # Also of parts that the request came to the end of: `done` has their customers, so the total must.
        for part in range(keys.ROSTER_SLICES):
            if part not in job.counted and in_time() > 0:
                customers = facts.count_roster(self.tables.customers, shop, part)
                stored.counted(self.tables.segments, shop, job, part, customers)

    def _part(self, task: Task) -> dict[str, Any]:
        """As much of one part as there is time for. One of a step that is over is at its end."""
        job, part = self._read(task), task["part"]
        if job is None or job.step != task["step"]:
            return {"ended": True}
        passed = jobs.work_part(self.tables, task["shop"], job, part, self.at, self.seconds_left, self.paced)
        return {"ended": passed.ended}

    def _file(self, task: Task) -> dict[str, Any]:
        """As much of one file of an export as there is time for, from the line that was reached before."""
        job = self._read(task)
        if job is None or job.step != "walk":
            return {"ended": True, "after": task["after"]}
        shop, after = task["shop"], task["after"]
        with objects.reading(task["bucket"], task["key"]) as file:
            found = export.customers(file, shop, after)
            return export.walk(self.tables, shop, job, found, after, self.at, self.seconds_left, self.paced)

    def _end(self, task: Task) -> dict[str, Any]:
        """What follows a step whose parts are at their ends; those that nobody was in were not noted."""
        job = self._read(task)
        if job is not None and job.step == task["step"]:
            for part in jobs.open_parts(job):
                if not jobs.work_part(self.tables, task["shop"], job, part, self.at, self.seconds_left).ended:
                    return {}
            jobs.finish(self.tables, task["shop"], job, self.at)
        return {}

    def _end_of_files(self, task: Task) -> dict[str, Any]:
        """The same of a walk through an export, which has no parts."""
        job = self._read(task)
        if job is not None and job.step == task["step"]:
            jobs.finish(self.tables, task["shop"], job, self.at)
        return {}


_TASKS: dict[str, Callable[[Worker, Task], dict[str, Any]]] = {
    "begin": Worker._begin,
    "part": Worker._part,
    "file": Worker._file,
    "end": Worker._end,
    "end_of_files": Worker._end_of_files,
}
