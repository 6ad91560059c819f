"""How much one shop may ask for: every evaluation of a customer answers all of the shop's definitions."""

from __future__ import annotations

from segment_core.errors import Conflict
from segment_core.model.generation import Generation

# What a deployment allows unless it says otherwise.
DEFINITIONS_PER_SHOP = 1000


def check_room(generation: Generation, most: int) -> None:
    """Raises Conflict (`too_many_segments`) if the shop has no room for one more definition."""
    if len(generation.live) >= most:
        raise Conflict(
            f"a shop has at most {most} segments here; delete one that is no longer read", code="too_many_segments"
        )
