"""History: every enter and leave, with its cause. It says what was known then and is never rewritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from segment_core.instants import iso
from segment_core.model.membership import Cause
from segment_core.store import client, keys


@dataclass(frozen=True, slots=True)
class Flip:
    """One enter or leave, as readers of a segment see it."""

    shop: str
    customer: str
    segment: str
    definition: str
    change: Literal["enter", "leave"]
    cause: Cause
    effective_at: datetime
    version: int

    @property
    def id(self) -> str:
        """The same whenever this change is told again."""
        return f"{self.shop}/{self.segment}/{self.customer}/{self.version}"


def append(table: str, flips: Iterable[Flip]) -> None:
    """Write the entries; one that is there already is written over with itself."""
    client.batch_write(table, [{"PutRequest": {"Item": client.encode(_item(flip))}} for flip in flips])


def _item(flip: Flip) -> dict[str, object]:
    return {
        "pk": keys.customer(flip.shop, flip.customer),
        "sk": keys.history(flip.effective_at, flip.segment, flip.version),
        "segment_day": keys.segment_day(flip.shop, flip.segment, flip.effective_at),
        "segment": flip.segment,
        "definition": flip.definition,
        "change": flip.change,
        "cause": flip.cause,
        "effective_at": iso(flip.effective_at),
        "version": flip.version,
    }
