"""`audit`: once a day, compares the memberships of some customers with what all of their facts say."""

from __future__ import annotations

import random
import time
from typing import Any

from segment_core import clock
from segment_core.membership import budget
from segment_core.membership.audit import asked, audit
from segment_core.record import as_dict
from segment_core.runtime.environment import AuditEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables

SECONDS_KEPT = 30


@observed()
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """A schedule's event, or one of yours: `{"repair": true, "customers": 5000}` repairs this time and looks at so many
    of each shop, whatever the settings say. Raises InvalidRequest as `asked` does.
    """
    env = environment(AuditEnvironment)
    tables = Tables(env.customers_table, env.memberships_table, segments=env.segments_table)
    seconds_left = budget.of_invocation(context, SECONDS_KEPT)
    repair, most = asked(event, repair=env.audit_repairs == "yes", customers=env.audit_customers)
    at = clock.now()
    # By the instant, so that a run can be had again. It draws a sample, no secret.
    chance = random.Random(at.isoformat())  # noqa: S311
    return as_dict(audit(tables, at, chance, most, seconds_left, time.sleep, repair=repair))
