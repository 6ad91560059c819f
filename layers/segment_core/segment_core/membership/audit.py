"""The audit: some customers of each shop, at random, evaluated from all of their facts by the plain evaluator.

Nothing is shared with the ordinary road but the language: texts are compiled anew, every fact is read. What differs
is looked at a second time, since a change may have been under way, and only what still differs is a mismatch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from segment_core.errors import InvalidQuery, InvalidRequest
from segment_core.evaluator import Rule, compile_query
from segment_core.language import parse
from segment_core.membership.budget import SecondsLeft
from segment_core.membership.evaluate import evaluate_all
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.record import record, replace
from segment_core.runtime.observability import count, logger
from segment_core.shop import Shop
from segment_core.store import facts, generations, keys, memberships, segments, shops
from segment_core.store.tables import Tables

# Facts reach memberships within seconds; whoever differs for longer than this differs.
UNDER_WAY_SECONDS = 15.0

# What is kept for each suspect: to look again, to repair, and to see that it helped.
AGAIN_SECONDS = 0.2

Wait = Callable[[float], None]

Compiled = dict[tuple[str, int], tuple[dict[str, Rule], Shop]]
"""By shop and generation the definitions that readers see, and the shop in which they ask each other."""


@record
class Audited:
    """How many customers were looked at, whose membership was wrong, and whose was put right."""

    customers: int
    mismatches: int
    repaired: int


def asked(event: Mapping[str, object], *, repair: bool, customers: int) -> tuple[bool, int]:
    """Whether to repair, and how many customers of each shop to look at: what the event says, else as given.

    Raises InvalidRequest for a value of another kind.
    """
    repairs, most = event.get("repair", repair), event.get("customers", customers)
    if not isinstance(repairs, bool):
        raise InvalidRequest("repair must be true or false")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise InvalidRequest("customers must be a whole number, 1 or more")
    return repairs, most


def audit(
    tables: Tables,
    at: datetime,
    chance: random.Random,
    most: int,
    seconds_left: SecondsLeft,
    wait: Wait,
    *,
    repair: bool,
) -> Audited:
    """Look at `most` customers of each shop, or all that it has, shops in random order, as far as there is time.

    With `repair` whoever is wrong is evaluated as if a fact had changed. Each mismatch is logged by ids.
    """
    looked_at = 0
    suspects: list[tuple[str, str]] = []
    compiled: Compiled = {}

    def left_to_look() -> float:
        return seconds_left() - UNDER_WAY_SECONDS - AGAIN_SECONDS * len(suspects)

    every = list(shops.ids(tables.segments))
    chance.shuffle(every)
    for shop, customer in _drawn(tables, every, chance, most, left_to_look):
        looked_at += 1
        if _differs(tables, shop, customer, at, compiled):
            suspects.append((shop, customer))
    if suspects:
        wait(UNDER_WAY_SECONDS)
    wrong = [(shop, customer) for shop, customer in suspects if _differs(tables, shop, customer, at, compiled)]
    repaired = 0
    for shop, customer in wrong:
        logger().error("membership is not what the facts say", extra={"shop": shop, "customer": customer})
        if repair:
            evaluate_all(tables, shop, [customer], at, "fact", restamp=True)
            repaired += not _differs(tables, shop, customer, at, compiled)
    count("AuditedCustomers", looked_at)
    count("AuditMismatches", len(wrong))
    count("AuditRepairs", repaired)
    return Audited(looked_at, len(wrong), repaired)


def next_work(segments_table: str) -> datetime | None:
    """For whoever moves the clock by hand: time alone brings nothing that only an audit would find."""
    return None


def _drawn(
    tables: Tables, every: Sequence[str], chance: random.Random, most: int, seconds_left: SecondsLeft
) -> Iterator[tuple[str, str]]:
    """Customers of each of these shops, as many as are asked for: of a large one all from one slice of its roster.

    Slices are read whole, in random order, and only as long as there are not enough. Ends when the time does.
    """
    for shop in every:
        wanted = most
        for number in chance.sample(range(keys.ROSTER_SLICES), keys.ROSTER_SLICES):
            if wanted == 0 or seconds_left() <= 0:
                break
            for customer in _some(facts.of_slice(tables.customers, shop, number), chance, wanted):
                if seconds_left() <= 0:
                    return
                wanted -= 1
                yield shop, customer


def _some(customers: Iterable[str], chance: random.Random, most: int) -> list[str]:
    """Up to `most` of them, each as likely as the others."""
    drawn: list[str] = []
    for number, customer in enumerate(customers):
        if number < most:
            drawn.append(customer)
        elif (place := chance.randrange(number + 1)) < most:
            drawn[place] = customer
    return drawn


def _differs(tables: Tables, shop: str, customer: str, at: datetime, compiled: Compiled) -> bool:
    """Whether the stored membership is another than that of all facts, or would be looked at too late."""
    stored = memberships.read(tables.memberships, shop, customer)
    generation = generations.current(tables.segments, shop)
    if generation is None or (stored is not None and (stored.erased or _is_behind(stored, generation, at))):
        return False
    known = facts.load(tables.customers, shop, customer).customer
    if known is None:
        return False
    if (shop, generation.number) not in compiled:
        compiled[shop, generation.number] = _rules(tables, shop, generation)
    rules, asked = compiled[shop, generation.number]
    verdicts = {definition: rule.evaluate(known, asked, at) for definition, rule in rules.items()}
    said = {definition for definition, verdict in verdicts.items() if verdict.member}
    due = min((verdict.until for verdict in verdicts.values() if verdict.until is not None), default=None)
    kept = {one.id for one in generation.members_of(stored.bits)} if stored else set()
    late = due is not None and (stored is None or stored.due is None or stored.due > due)
    return late or said != kept & rules.keys()


def _is_behind(stored: Membership, generation: Generation, at: datetime) -> bool:
    """Whether somebody is about to look at the customer anyway: time has moved them, or newer rules have."""
    return (stored.due is not None and stored.due <= at) or stored.generation != generation.number


def _rules(tables: Tables, shop: str, generation: Generation) -> tuple[dict[str, Rule], Shop]:
    """The definitions that readers see, and the shop in which they ask each other.

    Those that cannot be evaluated are told of where they are met every day.
    """
    published = generation.published
    texts = segments.texts(tables.segments, shop, [live.text for live in published.values()])
    rules, named = {}, {}
    for segment, live in published.items():
        try:
            rules[live.id] = named[segment] = compile_query(parse(texts[live.text]))
        except (InvalidQuery, KeyError):
            continue
    return rules, replace(generation.shop, segments=named)
