"""Tags that merge: single tags come and go, and a full list says that all others were absent.

Each tag is a register of present or not; a removed one stays as a stamped tombstone. The floor is the
stamp of the latest full list: whatever was said of a tag before it no longer counts and is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable

from segment_core.facts.registers import Register, Registers, Stamp, join
from segment_core.record import field, record

# Before every stamp.
_NO_FLOOR = ""


@record
class Tags:
    """`each` maps a tag without its case to its spelling, or to None if it was removed."""

    floor: Stamp = _NO_FLOOR
    each: Registers = field(default_factory=dict)

    def join(self, other: Tags) -> Tags:
        """What both say together."""
        floor = max(self.floor, other.floor)
        joined = join(self.each, other.each)
        return Tags(floor, {key: register for key, register in joined.items() if register.stamp >= floor})

    def present(self) -> list[str]:
        """The tags that the customer has, as they are spelled, in order without case."""
        return [str(register.value) for _, register in sorted(self.each.items()) if register.value is not None]


def listed(stamp: Stamp, tags: Iterable[str]) -> Tags:
    """The full list at that time."""
    return Tags(stamp, _spelled(stamp, tags))


def added(stamp: Stamp, tags: Iterable[str]) -> Tags:
    """These came; nothing is said of others."""
    return Tags(_NO_FLOOR, _spelled(stamp, tags))


def removed(stamp: Stamp, tags: Iterable[str]) -> Tags:
    """These went; nothing is said of others."""
    return Tags(_NO_FLOOR, {_key(tag): Register(stamp, None) for tag in tags})


def _spelled(stamp: Stamp, tags: Iterable[str]) -> dict[str, Register]:
    # Of two spellings in one list the smaller stays, so that the list's own order does not matter.
    return {_key(tag): Register(stamp, tag) for tag in sorted(tags, reverse=True)}


def _key(tag: str) -> str:
    # Stores compare tags without case.
    return tag.casefold()
