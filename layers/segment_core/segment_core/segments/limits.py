"""How much one shop may ask for.

Every evaluation of a customer answers all of the shop's definitions, and a preview reads customers one by one.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from segment_core.errors import TooMany
from segment_core.model.generation import Generation
from segment_core.store import limits
from segment_core.store.tables import Tables

# Nobody is let in by waiting; that is only how often it is worth asking.
_FULL_SECONDS = 3600
_BUILDING_SECONDS = 30


class Room(NamedTuple):
    """What a deployment allows a shop: how many segments, how many builds at once, and how many previews a minute."""

    segments: int = 1000
    builds: int = 10
    previews: int = 30


def check_segments(generation: Generation, room: Room) -> None:
    """Raises TooMany (`too_many_segments`) if the shop has no room for one more segment."""
    if len({one.segment for one in generation.live}) >= room.segments:
        raise TooMany(
            f"Segment limit reached ({room.segments}). Delete an existing segment to create more.",
            code="too_many_segments",
            retry_after=_FULL_SECONDS,
        )


def check_builds(planned: Generation, room: Room) -> None:
    """Raises TooMany (`too_many_builds`) if more would be built at once than a shop may."""
    if len(planned.builds) > room.builds:
        raise TooMany(
            f"{room.builds} segments of the shop are being built; try again when one is ready",
            code="too_many_builds",
            retry_after=_BUILDING_SECONDS,
        )


def take_preview(tables: Tables, shop: str, room: Room, at: datetime) -> None:
    """Count a preview. Raises TooMany (`too_many_previews`) if the shop had as many in this minute as it may."""
    limits.take(tables.segments, shop, "previews", room.previews, at)
