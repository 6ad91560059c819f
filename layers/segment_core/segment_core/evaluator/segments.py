"""`in_segment('name')`: whether a segment can be asked through the shop, and its answer, found once for a customer.

Nobody is in a segment that there is not, or that asks segments which ask segments without coming to an end. That
depends on the segments alone and not on the way that led there, so one answer does for all who ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Timeline, constant, replayed
from segment_core.language.limits import DEEPEST_SEGMENTS
from segment_core.language.problems import shown

if TYPE_CHECKING:
    from segment_core.evaluator.rule import Rule


def obstacle(name: str, segments: Mapping[str, Rule]) -> str:
    """Why the segment cannot be asked; empty if it can be."""
    if name not in segments:
        return f"there is no segment '{shown(name)}'"
    asked = frozenset({name})
    for _ in range(DEEPEST_SEGMENTS):
        asked = frozenset(other for one in asked if one in segments for other in segments[one].asks)
        if name in asked:
            return f"the segment '{shown(name)}' leads back to itself"
    return f"the segment '{shown(name)}' asks segments more than {DEEPEST_SEGMENTS} deep" if asked else ""


def answer_of(name: str, subject: Subject) -> Timeline:
    """Who is in the segment; False for ever if it cannot be asked."""
    place = ("segment", name)
    known: Timeline | None = subject.derived.get(place)
    if known is None:
        segments = subject.shop.segments
        known = constant(False) if obstacle(name, segments) else replayed(segments[name].root.timeline(subject))
        subject.derived[place] = known
    return known
