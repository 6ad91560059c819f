"""The membership of one customer in all segments of a shop: one small item, rewritten as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from segment_core.record import record

Cause = Literal["fact", "clock", "definition", "settings", "score", "merge", "erasure"]


@record
class Membership:
    """State after one commit.

    `bits` has the bit of every definition that the customer is in, under `generation`. `due` is the
    earliest instant at which time alone may change it. `version` grows by one with each commit.
    `effective_at` is when the change happened, not when it was noticed. An `erased` one is a tombstone; `into`
    says who the customer was merged into, `due` until when their facts rest.
    """

    bits: int
    due: datetime | None
    generation: int
    version: int
    cause: Cause
    effective_at: datetime
    erased: bool = False
    into: str | None = None
