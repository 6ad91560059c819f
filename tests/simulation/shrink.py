"""A failing run with fewer steps and fewer kinds of trouble, as far as some tries go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .run import Plan, Result, run

TRIES = 80


@dataclass(slots=True)
class Shrinking:
    """The smallest failing run that is known."""

    whole: Plan
    best: Result
    tries: int = TRIES

    def fails(self, steps: Sequence[int], troubles: Sequence[str]) -> bool:
        """Whether this part fails too; then it is the best."""
        if self.tries == 0:
            return False
        self.tries -= 1
        result = run(self.whole.only(steps, troubles))
        if result.differences:
            self.best = result
        return bool(result.differences)

    @property
    def steps(self) -> list[int]:
        """The steps that are left."""
        return [step.number for step in self.best.plan.steps]

    @property
    def troubles(self) -> list[str]:
        """The kinds of trouble that are left."""
        return sorted(self.best.plan.troubles.kinds)


def shrunk(failed: Result) -> Result:
    """A smaller run that fails: troubles first, as without them steps are easier to leave out."""
    shrinking = Shrinking(failed.plan, failed)
    if not shrinking.fails(shrinking.steps, []):
        for kind in shrinking.troubles:
            shrinking.fails(shrinking.steps, [one for one in shrinking.troubles if one != kind])
    size = len(shrinking.steps) // 2
    while size:
        start = 0
        while start < len(shrinking.steps):
            steps = shrinking.steps
            # The next ones have moved up if these could go.
            if not shrinking.fails(steps[:start] + steps[start + size :], shrinking.troubles):
                start += size
        size //= 2
    return shrinking.best
