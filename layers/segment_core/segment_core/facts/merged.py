"""A customer whom others were merged into: one state from theirs.

What each of them was told stays apart and goes on merging, so it does not matter whether a message about one of
them comes before or after the merge. What is told of the customer's own id always wins; the others fill gaps. Their
tags came to the customer at the moment of the merge: a list or a removal that is later takes them away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from segment_core.facts import registers, tags
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Stamp
from segment_core.record import replace


class Former(NamedTuple):
    """What is known of somebody who was merged into another customer, and when that was."""

    merged: Stamp
    state: ProfileState


def joined(own: ProfileState, formers: Iterable[Former]) -> ProfileState:
    """What is known of the customer, those who were merged into it included."""
    state = own
    for former in formers:
        theirs = replace(
            former.state,
            fields=registers.inherited(former.state.fields),
            tags=tags.added(former.merged, former.state.tags.present()),
        )
        state = state.join(theirs)
    return state
