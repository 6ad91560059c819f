"""The answer to one query for one customer at one instant."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Verdict(NamedTuple):
    """Member or not, for every instant in `[at, until)` if no new fact arrives.

    `until` is UTC; None means that time alone never changes the answer.
    """

    member: bool
    until: datetime | None
