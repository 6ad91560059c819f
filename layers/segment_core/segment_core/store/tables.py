"""The names of the tables. A function that may not touch a table has no name for it."""

from __future__ import annotations

from segment_core.record import record


@record
class Tables:
    """Empty names belong to tables that the function was not given: DynamoDB refuses them."""

    customers: str = ""
    memberships: str = ""
    members: str = ""
    history: str = ""
    segments: str = ""
