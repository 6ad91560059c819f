"""Which known name somebody who misspelt one probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST_COMPARED = 64


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that most resembles `word`, whatever its case; None if none does.

    Resembling: at most a third of the letters differ, where exchanging two neighbours is one difference.
    """
    wanted = word.lower()
    if len(wanted) > _LONGEST_COMPARED:
        return None
    best, best_distance = None, max(1, len(wanted) // 3) + 1
    for candidate in candidates:
        if abs(len(candidate) - len(wanted)) < best_distance:
            distance = _distance(wanted, candidate.lower())
            if distance < best_distance:
                best, best_distance = candidate, distance
    return best


def _distance(a: str, b: str) -> int:
    """Damerau-Levenshtein distance, restricted to exchanges of neighbours."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        current = [i]
        for j, y in enumerate(b, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
