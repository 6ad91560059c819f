"""Rules with windows over orders, which no other engine has: all at once, beside one after the other.

Both say when the answer changes next; answers are compared with those of the property tests' oracle before anything
is timed. Windows are drawn from a pool, as merchants write the same ones in many segments.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from random import Random
from statistics import median

from segment_core.evaluator import Rule, compile_query
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse
from segment_core.rules import RuleSet

from ...property import oracle
from .customers import AT, customers, record, values
from .engines.ours import SHOP, written
from .measure import COUNTS as ALL_COUNTS
from .measure import SECONDS
from .rules import dense
from .worker import timed

COUNTS = tuple(count for count in ALL_COUNTS if count <= 1_000)
CUSTOMERS, VERIFIED, PASSES = 500, 20, 9
_SINCE = ("-7d", "-14d", "-30d", "-60d", "-90d", "-6m", "-12m", "-2y")
_ALONE = 0.4


def queries(count: int, seed: int = 5) -> list[ast.Query]:
    """Queries of one window, four in ten of them alone and the others together with something that is no window."""
    random, plain = Random(seed), dense(count)
    found = []
    for number in range(count):
        window = _window(random)
        if random.random() >= _ALONE:
            window = f"{window} {random.choice(('AND', 'AND', 'OR'))} ({written(plain[number])})"
        found.append(parse(window))
    return found


def _window(random: Random) -> str:
    since = random.choice(_SINCE)
    dates = random.choice((f"date >= {since}", f"date >= {since}", f"date BETWEEN {since} AND -3d", f"date < {since}"))
    negated = random.choice(("", "", "", "NOT "))
    if random.random() < 0.3:
        asked = random.choice((f"id = {random.randrange(30)}", f"sum_quantity >= {random.choice((2, 5, 10))}"))
        return f"products_purchased {negated}MATCHES ({dates}, {asked})"
    asked = random.choice(
        (
            f"count >= {random.choice((1, 2, 3, 5))}",
            f"sum_amount > {random.choice((50, 100, 250, 500, 1000))}",
            f"amount >= {random.choice((20, 50, 100, 200))}",
        )
    )
    return f"orders_placed {negated}MATCHES ({dates}, {asked})"


def check(asked: Sequence[ast.Query], rule_set: RuleSet, rules: Sequence[Rule], known: Iterable[Customer]) -> None:
    """Raises AssertionError if the answers about these customers are not the oracle's."""
    for customer in known:
        expected = sum(oracle.member(query, customer, SHOP, AT) << slot for slot, query in enumerate(asked))
        alone = [rule.evaluate(customer, SHOP, AT) for rule in rules]
        first = min((verdict.until for verdict in alone if verdict.until is not None), default=None)
        assert sum(verdict.member << slot for slot, verdict in enumerate(alone)) == expected
        assert rule_set.members(customer, SHOP, AT) == expected
        assert rule_set.answer(customer, SHOP, AT) == (expected, first)


def measure() -> dict[str, float | str]:
    """Microseconds for one customer and all rules, with their spread, and how they compare."""
    known = values(CUSTOMERS)
    given, records = list(customers(known)), [record(one) for one in known]
    result: dict[str, float | str] = {}
    for count in COUNTS:
        asked = queries(count)
        rule_set, rules = RuleSet(dict(enumerate(asked))), [compile_query(query) for query in asked]
        # Windows over no orders are soon answered.
        check(asked, rule_set, rules, [one for one in given if one.orders][:VERIFIED] + given[:VERIFIED])
        all_at_once, with_change, one_by_one, loading = _passes(
            [
                (lambda customer, rule_set=rule_set: rule_set.members(customer, SHOP, AT), given),
                (lambda customer, rule_set=rule_set: rule_set.answer(customer, SHOP, AT), given),
                (lambda customer, rules=rules: [rule.evaluate(customer, SHOP, AT) for rule in rules], given),
                (json.loads, records),
            ]
        )
        result |= {
            f"{count} rules: different windows": len({window for query in asked for window in _windows(query)}),
            f"{count} rules: all at once, members": _told(all_at_once),
            f"{count} rules: all at once, with change": _told(with_change),
            f"{count} rules: one after the other": _told(one_by_one),
            f"{count} rules: one after the other / all at once, with change": median(one_by_one) / median(with_change),
            f"{count} rules: all at once, members / json.loads": median(all_at_once) / median(loading),
        }
        print(
            f"  {count}: {_told(all_at_once)}, {_told(with_change)}, {_told(one_by_one)}", file=sys.stderr, flush=True
        )
    return result


def _windows(query: ast.Query) -> list[ast.Matches]:
    match query:
        case ast.And(children) | ast.Or(children):
            return [window for child in children for window in _windows(child)]
        case ast.Not(child):
            return _windows(child)
        case ast.Matches():
            return [query]
    return []


def _passes(calls: Sequence[tuple[Callable[..., object], Sequence[object]]]) -> list[list[float]]:
    """Microseconds of the processor for each call, in passes that take turns."""
    seconds = SECONDS / PASSES
    sizes = []
    for call, arguments in calls:
        once = max(timed(call, arguments[:5]), 1e-6)
        sizes.append(max(5, min(len(arguments), int(seconds / once))))
    found: list[list[float]] = [[] for _ in calls]
    gc.collect()
    gc.disable()
    for _ in range(PASSES):
        for times, size, (call, arguments) in zip(found, sizes, calls, strict=True):
            times.append(timed(call, arguments[:size]) * 1e6)
    gc.enable()
    return found


def _told(times: Sequence[float]) -> str:
    return f"{median(times):,.0f} us ({min(times):,.0f}-{max(times):,.0f})"
