"""Whether an order counts, told by a store where that goes back and forth: an order may be paid after all, and one in
the bin be taken out again.

Two registers, which no document shows. The standing is as of the store's date of the body. What the store did with its
bin is as of when it reached us, since whoever deletes tells no date; a body says that its order is there, too.
"""

from __future__ import annotations

from segment_core.facts import registers
from segment_core.facts.registers import Registers

STANDING = "standing"
BIN = "bin"
KEYS = (STANDING, BIN)

# What is told of one second has one stamp, and of those the word that comes later in the alphabet holds: what is paid
# was waiting before, what is cancelled was ordered before.
AWAITED = "awaited"
ORDERED = "ordered"
REVOKED = "revoked"

# The same here: of one instant, what the store says of its bin holds over a body.
CHANGED = "changed"
DELETED = "deleted"
RESTORED = "restored"


def counts(told: Registers) -> bool:
    """Whether it is an order for anybody who asks, cancelled ones included. One of which neither was told is."""
    standing, bin_ = told.get(STANDING), told.get(BIN)
    return (standing is None or standing.value != AWAITED) and (bin_ is None or bin_.value != DELETED)


def cancelled_at(told: Registers, for_good: str | None) -> str | None:
    """When it was cancelled, as sortable text.

    `for_good` was told by somebody who knows of no way back, such as an import: of several dates the earliest. It holds
    where it is later than the standing.
    """
    standing = told.get(STANDING)
    if standing is None:
        return for_good
    since = registers.store_time(standing.stamp)
    if standing.value == REVOKED:
        return since
    return for_good if for_good is not None and for_good > since else None
