"""Which facts the definitions of a generation read, and how far back: nothing else of a customer is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from segment_core.evaluator import Rule
from segment_core.evaluator.dependencies import Reach, depends_on
from segment_core.language import ast
from segment_core.language.vocabulary import Fact
from segment_core.store.needed import Needed, Since

Reaches = Mapping[Fact, Reach]

# Days are local dates, which begin up to 26 hours apart from those of UTC; the date of the instant itself counts too.
_MARGIN_DAYS = 3

# Nobody's facts are older, and further back there are no instants.
_MOST_DAYS = 100_000

_ORDERS = ("orders", "lines")


def reaches(queries: Iterable[ast.Query], segments: Mapping[str, Rule]) -> Reaches:
    """What any of the queries reads, each as far back as the one that looks furthest."""
    return joined(depends_on(query, segments) for query in queries)


def joined(read: Iterable[Reaches]) -> Reaches:
    """What is read by any of them, each as far back as the one that looks furthest."""
    found: dict[Fact, Reach] = {}
    for one in read:
        for fact, reach in one.items():
            known = found.get(fact, reach)
            found[fact] = None if known is None or reach is None else max(known, reach)
    return found


def needed(read: Reaches, earliest: datetime) -> Needed:
    """The facts that must be there to answer for any instant from `earliest` on."""
    orders = [reach for fact, reach in read.items() if fact.kind in _ORDERS]
    events = {fact.name: _since(reach, earliest) for fact, reach in read.items() if fact.kind == "event"}
    if not orders:
        return Needed(None, events)
    farthest = None if None in orders else max(reach for reach in orders if reach is not None)
    return Needed(_since(farthest, earliest), events)


def _since(reach: Reach, earliest: datetime) -> Since:
    if reach is None or reach > _MOST_DAYS:
        return Since()
    return Since(earliest - timedelta(days=reach + _MARGIN_DAYS))
