"""`sweep`: once a minute, queues every customer whom time alone is about to move."""

from __future__ import annotations

from typing import Any

from segment_core import clock
from segment_core.membership.sweep import sweep
from segment_core.runtime.environment import SweepEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """A schedule's event: nothing in it matters but that it came."""
    env = environment(SweepEnvironment)
    tables = Tables(memberships=env.memberships_table, segments=env.segments_table)
    return {"queued": sweep(tables, env.work_queue_url, clock.now())}
