"""A failure in words: what is wrong, the story that leads to it, and how to have it again."""

from __future__ import annotations

from . import story
from .run import Result

_SHOWN = 12


def of(failed: Result, smallest: Result) -> str:
    """What somebody needs who wants to know why."""
    seed = failed.plan.seed
    plan = smallest.plan
    steps = ",".join(str(step.number) for step in plan.steps)
    troubles = ",".join(sorted(plan.troubles.kinds))
    return "\n".join(
        [
            f"seed {seed} fails: make simulate SEEDS={seed}",
            *(f"  {difference}" for difference in failed.differences[:_SHOWN]),
            f"so do {len(plan.steps)} of its {len(failed.plan.steps)} steps, with {troubles or 'no troubles'}:",
            story.told(plan.steps),
            *(f"  {difference}" for difference in smallest.differences[:_SHOWN]),
            f"again, with every call: make simulate SEEDS={seed} ARGS='--steps={steps} --troubles={troubles} --log'",
        ]
    )
