"""Which facts of a customer are needed, and since when: what is not is not even read.

Orders and events are items whose keys have their dates, so each kind is a range, open to the future.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from segment_core.instants import sortable
from segment_core.record import field, record
from segment_core.store import keys

# After every sort key that begins with the text before it.
_END = "\x7f"

# Ranges that are read each by itself. Beyond that, all events at once cost less than another call for each type.
MOST_RANGES = 8


@record
class Since:
    """Facts dated at that instant or later; None: all, undated ones too."""

    at: datetime | None = None


@record
class Needed:
    """`orders` is None if no order is needed; `events` has the types of which some are. `all_events` are all."""

    orders: Since | None = None
    events: Mapping[str, Since] = field(default_factory=dict)
    all_events: bool = False

    def ranges(self) -> Iterator[tuple[str, str]]:
        """The first and last sort keys of what is needed: the profile and orders first, in one range."""
        if self.all_events or len(self.events) > MOST_RANGES:
            yield keys.EVENT_PREFIX, keys.AFTER_PROFILES
            return
        yield (keys.PROFILE if self.orders is None else _first(keys.ORDER_PREFIX, self.orders)), keys.AFTER_PROFILES
        for event_type, since in sorted(self.events.items()):
            prefix = keys.events(event_type)
            yield _first(prefix, since), prefix + _END


def _first(prefix: str, since: Since) -> str:
    return prefix if since.at is None else f"{prefix}{sortable(since.at)}"


EVERYTHING = Needed(orders=Since(), all_events=True)
