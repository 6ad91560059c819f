"""What can go wrong, and how often: a seed draws some of the kinds, so that each also meets calm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

# Chance of each, of every call that it can strike.
OF_CALLS: Mapping[str, float] = {
    "crashes": 0.012,  # the process ends before the call
    "crashes after": 0.012,  # ... after it
    "throttles": 0.015,  # refused, as often as the client tries again
    "unreached": 0.01,  # no answer, and nothing was done
    "lost answers": 0.015,  # no answer, and it was done
    "repetitions": 0.02,  # the client did not hear the answer, and tried again itself
}
INSIDE_CALLS: Mapping[str, float] = {
    "conflicts": 0.03,  # a transaction is in the way
    "unprocessed": 0.1,  # a part of a batch is left over
    "refusals": 0.2,  # one entry of a batch is refused
    "short pages": 0.3,  # a page ends early
    "old reads": 0.3,  # a read that does not insist sees what was
}
OF_DELIVERY: Mapping[str, float] = {
    "duplicates": 0.08,  # what was handled is delivered once more
    "roll backs": 0.05,  # a function's place in a stream is lost
    "late indexes": 0.7,  # an index does not follow at once
    "cold starts": 0.1,  # a process is a new one
    "slow functions": 0.08,  # every call takes seconds
    "skewed clocks": 0.3,  # machines' clocks differ by up to a second
}
OF_INVOCATIONS: Mapping[str, float] = {
    "stops": 0.35,  # others go on between two of its calls
    "stalls": 0.08,  # ... and it stands still there while much else happens, each time that it stops
}
ALL: Mapping[str, float] = {**OF_CALLS, **INSIDE_CALLS, **OF_DELIVERY, **OF_INVOCATIONS}

# Chance that others go on before a call, of an invocation that stops.
PAUSE = 0.3

# How many other things happen while one stands still.
STALL = (15, 80)

SLOW_SECONDS = (0.5, 6.0)
SKEW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Troubles:
    """The kinds that strike in one run."""

    kinds: frozenset[str]

    @classmethod
    def drawn(cls, chance: Random) -> Troubles:
        """Each kind in three of five runs; none at all in a few."""
        if chance.random() < 0.05:
            return cls(frozenset())
        return cls(frozenset(kind for kind in ALL if chance.random() < 0.6))

    def chance_of(self, kind: str) -> float:
        """How likely it is to strike where it can."""
        return ALL[kind] if kind in self.kinds else 0.0
