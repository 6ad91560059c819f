"""A plan, run against a local stack of this repository in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from segment_core.evaluator import explain
from segment_core.language import parse
from segment_core.shop import Shop
from segment_core.store import facts
from tidemark.stack import Stack

from .harness import Explain, Replay, Report
from .history import Row
from .plan import Plan

TEMPLATE = Path(__file__).parents[3] / "template.yaml"


def replay(plan: Plan, table: Sequence[Row], store: str, say: Callable[[str], object] = print) -> Report:
    """Start a stack whose clock stands at the plan's start, take it through the plan, stop it."""
    stack = Stack(TEMPLATE, store=store, clock=plan.start)
    stack.start()
    try:
        return Replay(stack, plan, table, explained(stack, plan), say).run()
    finally:
        stack.stop()


def explained(stack: Stack, plan: Plan) -> Explain:
    """Answers from the facts that are stored now. The zone is the plan's: what it was told to be."""
    zones = {shop.id: shop.zone for shop in plan.shops}
    customers = stack.tables["CustomersTable"]

    def answer(shop: str, customer: str, query: str, at: datetime) -> bool:
        loaded = facts.load(customers, shop, customer)
        if loaded.customer is None:
            return False
        return explain(parse(query), loaded.customer, Shop(ZoneInfo(zones[shop].key), "USD"), at).member

    return answer
