"""The newest or the oldest of facts that come and go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from segment_core.calendar import NEVER
from segment_core.evaluator.timeline import Course, Window


def extreme(at: datetime, windows: Iterable[Window], newest: bool) -> Course[datetime | None]:
    """The latest or the earliest start among the windows that are open, as they open and close."""
    waiting = sorted((window for window in windows if window[1] > max(at, window[0])), reverse=True)
    if all(start <= at and end == NEVER for start, end in waiting):
        return Course(waiting[0 if newest else -1][0] if waiting else None)
    edges = {edge for window in waiting for edge in window if at < edge < NEVER}
    opened: list[tuple[int, Window]] = []

    def best(instant: datetime) -> datetime | None:
        while waiting and waiting[-1][0] <= instant:
            window = waiting.pop()
            heappush(opened, (len(waiting) if newest else -len(waiting), window))
        while opened and opened[0][1][1] <= instant:
            heappop(opened)
        return opened[0][1][0] if opened else None

    return Course(best(at), [(edge, best(edge)) for edge in sorted(edges)])
