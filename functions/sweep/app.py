"""`sweep`: once a minute, queues every customer whom time alone is about to move."""

from __future__ import annotations

from typing import Any

from segment_core import clock
from segment_core.membership import budget
from segment_core.membership.sweep import sweep
from segment_core.runtime.environment import SweepEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables

# The last shop's turn is in it: some queries, and fifty calls of the queue.
SECONDS_KEPT = 10


@observed()
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """A schedule's event: nothing in it matters but that it came."""
    env = environment(SweepEnvironment)
    tables = Tables(memberships=env.memberships_table, segments=env.segments_table)
    seconds_left = budget.of_invocation(context, SECONDS_KEPT)
    return {"queued": sweep(tables, env.work_queue_url, env.build_machine_arn, clock.now(), seconds_left)}
