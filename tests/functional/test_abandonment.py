"""A checkout that nobody touches any more: time alone makes it an abandoned one, to the minute."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from segment_core import clock
from segment_core.ingest import messages
from segment_core.instants import iso
from segment_core.membership.budget import unlimited
from segment_core.membership.sweep import sweep
from segment_core.segments import service
from segment_core.store import facts, memberships
from tests.unit.ingest.bodies import sample

from .conftest import NOW, Stack, load_function
from .customers import SHOP, message, names, stream_record

CUSTOMER = "8401"
CHANGED = NOW - timedelta(minutes=10)
ABANDONED = CHANGED + timedelta(hours=1)


def tell(stack: Stack, context: SimpleNamespace, topic: str, **changes: Any) -> None:
    body = json.dumps(sample(topic) | changes)
    told = {"kind": "webhook", "shop": SHOP, "topic": topic, "received_at": iso(clock.now()), "body": body}
    facts.merge_all(stack.tables.customers, SHOP, messages.read(json.dumps(told)).facts)
    load_function("evaluate").handler({"Records": [stream_record(CUSTOMER)]}, context)


def test_time_alone_brings_it_and_the_order_takes_it_away(shop: Stack, context: SimpleNamespace) -> None:
    service.create(shop.tables, SHOP, "Left behind", "abandoned_checkout_date >= -7d", NOW, shop.work_queue_url)
    tell(shop, context, "checkouts/update", updated_at=iso(CHANGED))

    waiting = memberships.read(shop.tables.memberships, SHOP, CUSTOMER)
    assert waiting is not None
    assert (names(shop, CUSTOMER), waiting.due) == ([], ABANDONED)

    clock.use(lambda: ABANDONED)
    assert sweep(shop.tables, shop.work_queue_url, shop.build_machine_arn, ABANDONED, unlimited) == 1
    (due,) = shop.messages(shop.work_queue_url)
    load_function("evaluate").handler({"Records": [message(due)]}, context)

    abandoned = memberships.read(shop.tables.memberships, SHOP, CUSTOMER)
    assert abandoned is not None
    assert (names(shop, CUSTOMER), abandoned.cause, abandoned.effective_at) == (["Left behind"], "clock", ABANDONED)

    later = ABANDONED + timedelta(hours=5)
    clock.use(lambda: later)
    tell(shop, context, "orders/create", created_at=iso(later), updated_at=iso(later))

    assert names(shop, CUSTOMER) == []
    bought = memberships.read(shop.tables.memberships, SHOP, CUSTOMER)
    assert bought is not None
    assert bought.cause == "fact"


def test_an_order_in_time_means_that_it_never_was(shop: Stack, context: SimpleNamespace) -> None:
    service.create(shop.tables, SHOP, "Left behind", "abandoned_checkout_date >= -7d", NOW, shop.work_queue_url)
    tell(shop, context, "checkouts/update", updated_at=iso(CHANGED))
    tell(shop, context, "orders/create", created_at=iso(NOW), updated_at=iso(NOW), checkout_token="another")

    settled = memberships.read(shop.tables.memberships, SHOP, CUSTOMER)
    assert settled is not None
    assert (names(shop, CUSTOMER), settled.due) == ([], None)
