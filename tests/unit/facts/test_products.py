"""What is known of an order's products: kept once, and only while the latest lines do not say it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from segment_core.facts import registers
from segment_core.facts.order import OrderState

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
COFFEE = {"product_id": "1", "vendor": "V", "tags": ["consumable"]}
BARE = {"product_id": "1", "quantity": 2}


def listed(minute: int, *lines: dict[str, Any]) -> OrderState:
    """What a body of that minute says."""
    stamp = registers.stamp(NOON + timedelta(minutes=minute), None, lines)
    return OrderState(registers.told(stamp, {"lines": list(lines)}))


def shown(state: OrderState) -> Any:
    return state.document("7")["lines"]


def test_a_line_is_completed_by_what_earlier_ones_said_of_its_product() -> None:
    state = listed(1, COFFEE).join(listed(2, {**BARE, "vendor": "W"}))

    assert shown(state) == [{"product_id": "1", "quantity": 2, "vendor": "W", "tags": ["consumable"]}]


def test_it_survives_a_body_without_the_product() -> None:
    assert shown(listed(1, COFFEE).join(listed(2)).join(listed(3, BARE))) == [COFFEE | BARE]


def test_a_line_without_a_product_keeps_to_itself() -> None:
    gift = {"vendor": "V", "tags": ["gift"]}

    assert shown(listed(1, gift).join(listed(2, {"quantity": 1}))) == [{"quantity": 1}]


def test_products_are_told_apart() -> None:
    assert shown(listed(1, COFFEE).join(listed(2, {"product_id": "2"}))) == [{"product_id": "2"}]


def test_what_the_latest_lines_say_themselves_is_kept_once() -> None:
    """A document and the order's webhooks in turns take no more room than one of each."""
    state = OrderState()
    for minute in range(50):
        state = state.join(listed(minute, COFFEE if minute % 2 == 0 else BARE))
    in_turns = len(state.encode())

    assert in_turns == len(listed(1, COFFEE).join(listed(2, BARE)).encode())
    assert json.loads(state.join(listed(99, COFFEE)).encode()).keys() == {"fields", "stamps"}
