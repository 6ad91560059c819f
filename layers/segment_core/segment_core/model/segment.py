"""A shop, a segment and a job, as they are stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from segment_core.model.language import LanguageSettings
from segment_core.record import field, record

State = Literal["building", "ready"]
Step = Literal["walk", "stamp", "rest", "clear"]


@record
class ShopRecord:
    """A tenant. `domain` is the store's own, to which the id of the operator's choosing is bound.

    Settings that answers depend on are as they were asked for: those in force are in the shop's generation.
    `platform` is the make of the store, see `ingest.platforms`. `version` grows with each write.
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
    # Orders without a customer become customers, known by a hash of their e-mail address.
    guests_are_customers: bool = False
    # What remains of a shop that was erased is this record, until the shop is made again.
    erased_at: datetime | None = None
    # Its numbers of generations are not used again: what a process remembers of one stays true.
    last_generation: int = 0
    language: LanguageSettings = field(default_factory=LanguageSettings)
    version: int = 0


# A job that has not moved for this long lost its worker.
ABANDONED_AFTER = timedelta(minutes=5)


@record
class Job:
    """Work that a change of definitions or settings still has to do over the shop's customers.

    `walk` evaluates everybody under what is being built, and ends with its publication; `stamp` tells those whom a
    change of what readers see concerns; `rest` leaves lists to readers who are amidst them; `clear` removes lists that
    nobody reads any more. The change is the one from generation `before` to generation `after`.

    `id` is the build's. `places` has, for each part of the step that was begun, how far it came; `done` is how many
    customers had their turn in this step, and `counted` how many there are in the parts that were counted.
    `touched_at` is when it last moved, so that an abandoned one is noticed; `error` what last kept it from that.
    """

    id: str
    step: Step
    began_at: datetime
    touched_at: datetime
    before: int = 0
    after: int = 0
    places: dict[int, str] = field(default_factory=dict)
    done: int = 0
    counted: dict[int, int] = field(default_factory=dict)
    error: str = ""


@record
class SegmentRecord:
    """A segment. Which definition of it readers see is in the shop's generation.

    `revision` is that of its newest text. `edition` grows with every change that somebody asked for.
    """

    id: str
    name: str
    revision: int
    created_at: datetime
    updated_at: datetime
    edition: int = 1
    deleted: bool = False
