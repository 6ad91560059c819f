"""`build`: one task of the state machine that takes changes of definitions to all customers."""

from __future__ import annotations

from typing import Any

from segment_core import clock
from segment_core.membership import budget
from segment_core.membership.machine import Worker
from segment_core.membership.pace import Pace
from segment_core.runtime.environment import BuildEnvironment, environment
from segment_core.runtime.observability import logger, observed
from segment_core.store.tables import Tables

# When the time is up, a page is still to be written, and perhaps evaluated again under newer rules.
SECONDS_KEPT = 25


@observed()
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the task asks for, for as long as there is time."""
    env = environment(BuildEnvironment)
    tables = Tables(env.customers_table, env.memberships_table, env.members_table, segments=env.segments_table)
    logger().append_keys(shop=event["shop"], job=event["job"])
    seconds_left = budget.of_invocation(context, SECONDS_KEPT)
    pace = Pace(env.build_customers_a_second)
    return Worker(tables, clock.now(), seconds_left, pace, env.build_workers).do(event)
