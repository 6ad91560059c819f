"""Which definitions a change has to build, together: pure.

What is published together is built together. A segment that asks a changed one answers differently, so it is built
again with it; and whoever asks, or is asked by, what is being built joins that build. So readers never see a segment
beside another state of one that it asks. Settings concern everything, so a change of settings is one build of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from segment_core.model.generation import Generation, LiveDefinition, Settings
from segment_core.record import replace


class Edit(NamedTuple):
    """A new text of a segment: its revision, the segments that it asks, and whether its publication stays untold."""

    revision: int
    asks: tuple[str, ...]
    silent: bool = False


class Plan(NamedTuple):
    """The generation with which a build begins, and the builds that end with that."""

    generation: Generation
    absorbed: tuple[str, ...]


def planned(
    generation: Generation,
    edits: Mapping[str, Edit],
    build: str,
    at: datetime,
    settings: Settings | None = None,
) -> Plan:
    """What to build for new texts, and for new settings if they change."""
    pending = settings or generation.pending
    # Settings that are being built have taken all other builds in.
    absorbed = set(generation.builds) if pending else _absorbed(generation, edits)
    newest = _newest(generation, edits, build, absorbed)
    changed = set(newest) if settings else with_ancestors(newest.values(), edits)
    built = set(newest) if pending else changed | {one.segment for name in absorbed for one in generation.builds[name]}
    wanted = [
        # A text that was built before is built as another definition: its list must not begin with old rows.
        replace(one, edition=generation.number + 1) if one.segment in changed and one.segment not in edits else one
        for segment, one in sorted(newest.items())
        if segment in built
    ]
    return Plan(generation.building(wanted, absorbed, pending, at), tuple(sorted(absorbed)))


def with_ancestors(live: Iterable[LiveDefinition], segments: Iterable[str]) -> set[str]:
    """Those segments, and all that ask them, straight or through others."""
    asking: dict[str, set[str]] = {}
    for one in live:
        for asked in one.asks:
            asking.setdefault(asked, set()).add(one.segment)
    found = set(segments)
    waiting = list(found)
    while waiting:
        for segment in asking.get(waiting.pop(), set()) - found:
            found.add(segment)
            waiting.append(segment)
    return found


def dependents(generation: Generation, segment: str) -> list[str]:
    """The segments that ask the segment, straight, by what readers see or by what is being built."""
    return sorted({one.segment for one in generation.live if segment in one.asks})


def _newest(
    generation: Generation, edits: Mapping[str, Edit], build: str, absorbed: Iterable[str]
) -> dict[str, LiveDefinition]:
    """Segment to the definition that it would have after the build."""
    taken = [one for name in absorbed for one in generation.builds[name]]
    before = generation.published | {one.segment: one for one in taken}
    newest = {segment: replace(one, build=build, silent=_silent(generation, one)) for segment, one in before.items()}
    for segment, edit in edits.items():
        first = segment not in generation.published
        newest[segment] = LiveDefinition(segment, edit.revision, -1, build, 0, edit.silent and first, edit.asks)
    return newest


def _silent(generation: Generation, definition: LiveDefinition) -> bool:
    return definition.silent and definition.segment not in generation.published


def _absorbed(generation: Generation, edits: Mapping[str, Edit]) -> set[str]:
    """The builds whose definitions ask, or are asked by, what the change builds."""
    absorbed: set[str] = set()
    while True:
        newest = _newest(generation, edits, "", absorbed)
        mine = with_ancestors(
            newest.values(), {*edits, *(one.segment for b in absorbed for one in generation.builds[b])}
        )
        asked = {segment for one in mine for segment in newest[one].asks}
        more = {
            name
            for name, theirs in generation.builds.items()
            if any(one.segment in mine | asked or mine.intersection(one.asks) for one in theirs)
        }
        if more <= absorbed:
            return absorbed
        absorbed |= more
