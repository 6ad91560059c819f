"""A customer whom others were merged into: one state from theirs.

What each of them was told stays apart and goes on merging, so it does not matter whether a message about one of
them comes before or after the merge. What is told of the customer's own id always wins; the others fill gaps. Their
tags came to the customer at the moment of the merge: a list or a removal that is later takes them away. Whoever was
merged had taken in others before: those merges come first, in whatever order they were told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from segment_core.facts import registers, tags
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Stamp
from segment_core.record import replace

# Nobody's id.
_OWN = ""


class Former(NamedTuple):
    """What is known of somebody who was merged into another customer, and when that was."""

    id: str
    into: str
    merged: Stamp
    state: ProfileState


def joined(own: ProfileState, formers: Sequence[Former]) -> ProfileState:
    """What is known of the customer, those who were merged into it included, and into them before."""
    there = {former.id for former in formers}
    merged_into: dict[str, list[Former]] = {}
    for former in formers:
        merged_into.setdefault(former.into if former.into in there else _OWN, []).append(former)
    return _with_those(own, _OWN, merged_into)


def _with_those(state: ProfileState, id_: str, merged_into: Mapping[str, Sequence[Former]]) -> ProfileState:
    for former in merged_into.get(id_, ()):
        theirs = _with_those(former.state, former.id, merged_into)
        inherited = registers.inherited(theirs.fields)
        state = state.join(replace(theirs, fields=inherited, tags=tags.added(former.merged, theirs.tags.present())))
    return state
