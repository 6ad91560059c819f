"""A plan, run against a local stack of this repository in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import boto3
import pytest

from segment_core.evaluator import explain
from segment_core.language import parse
from segment_core.shop import Shop
from segment_core.store import client, facts
from tidemark.stack import Stack

from .harness import Explain, Replay, Report
from .history import Row
from .plan import Plan

TEMPLATE = Path(__file__).parents[3] / "template.yaml"


def replay(
    plan: Plan,
    table: Sequence[Row],
    store: str,
    say: Callable[[str], object] = print,
    enough: Callable[[Report], bool] | None = None,
) -> Report:
    """Start a stack whose clock stands at the plan's start, take it through the plan, stop it."""
    with Stack(TEMPLATE, store=store, clock=plan.start) as stack, reading(stack.store_url):
        return Replay(stack, plan, table, explained(stack, plan), say, enough).run()


@contextmanager
def reading(store_url: str) -> Iterator[None]:
    """Let this process read the stack's tables through the store modules, as functions do."""
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=store_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    with pytest.MonkeyPatch.context() as patch, closing(dynamodb):
        patch.setattr(client, "client", lambda: dynamodb)
        yield


def explained(stack: Stack, plan: Plan) -> Explain:
    """Answers from the facts that are stored now. The zone is the plan's: what the shop was made with."""
    zones = {shop.id: shop.zone for shop in plan.shops}
    (customers,) = (table.name for table in stack.wiring.tables if "Customers" in table.name)

    def answer(shop: str, customer: str, query: str, at: datetime) -> bool:
        loaded = facts.load(customers, shop, customer)
        if loaded.customer is None:
            return False
        return explain(parse(query), loaded.customer, Shop(zones[shop], "USD"), at).member

    return answer
