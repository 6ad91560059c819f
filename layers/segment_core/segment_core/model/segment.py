"""A shop and a segment, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from segment_core.model.generation import definition_id

State = Literal["building", "ready", "deleting"]
Step = Literal["walk", "announce", "retire", "clear", "resettle"]


@dataclass(frozen=True, slots=True)
class ShopRecord:
    """A tenant. `domain` is the store's own, to which the id of the operator's choosing is bound.

    `platform` is the make of the store, see `ingest.platforms`.
    """

    id: str
    domain: str
    zone: str
    currency: str
    count_test_orders: bool
    count_cancelled_orders: bool
    created_at: datetime
    updated_at: datetime
    abandoned_after_minutes: int = 60
    platform: str = "shopify"


@dataclass(frozen=True, slots=True)
class Job:
    """Work that a change of definition still has to do over the shop's customers.

    `walk` evaluates everybody under a definition that is being built; `announce` re-stamps the
    members of one that was published, `retire` of one that was withdrawn, and `clear` then removes its rows;
    `resettle` evaluates everybody under changed settings of the shop and belongs to no segment.
    `id` is the segment's, or a fixed one. `shard` and `after` say how far it came; `touched_at` when it
    last moved, so that an abandoned one is noticed.
    """

    id: str
    step: Step
    revision: int
    touched_at: datetime
    shard: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment. `query` is the canonical text of `revision`."""

    id: str
    name: str
    query: str
    revision: int
    state: State
    created_at: datetime
    updated_at: datetime

    @property
    def definition(self) -> str:
        """The id of its newest definition."""
        return definition_id(self.id, self.revision)
