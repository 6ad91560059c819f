"""Events of a partner bus, in both generations of their envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.told import ProfileFact
from segment_core.ingest import messages

from .bodies import EVENTS, customer

WEBHOOK, EVENT = (json.loads((EVENTS / "partner-bus" / f"{name}.json").read_text()) for name in ("webhook", "event"))


def shop_of(domain: str) -> str:
    assert domain == "demo-shop.myshopify.com"
    return "demo-shop"


def changed(event: dict[str, Any], **metadata: object) -> str:
    """The event with other metadata; None takes a name away."""
    told = {key: value for key, value in (event["detail"]["metadata"] | metadata).items() if value is not None}
    return json.dumps({**event, "detail": {**event["detail"], "metadata": told}})


@pytest.mark.parametrize("event", [WEBHOOK, EVENT])
def test_it_tells_what_the_webhook_would_have_told(event: dict[str, Any]) -> None:
    told = messages.read(json.dumps(event), shop_of)

    assert (told.shop, told.bulk) == ("demo-shop", False)
    (fact,) = told.facts
    assert isinstance(fact, ProfileFact)
    assert customer(fact).id == "8401"
    assert customer(fact).tags == ("newsletter", "VIP")


def test_when_it_was_triggered_orders_it() -> None:
    early = changed(WEBHOOK, **{"X-Shopify-Triggered-At": "2026-02-11T07:30:00Z"})
    (first,), (second,) = (messages.read(text, shop_of).facts for text in (early, json.dumps(WEBHOOK)))

    assert isinstance(first, ProfileFact)
    assert isinstance(second, ProfileFact)
    assert first.told.tags.each["vip"].stamp < second.told.tags.each["vip"].stamp


def test_the_metadata_are_read_in_any_case() -> None:
    event = json.loads(changed(WEBHOOK))
    event["detail"]["metadata"] = {key.lower(): value for key, value in event["detail"]["metadata"].items()}

    assert messages.read(json.dumps(event), shop_of) == messages.read(json.dumps(WEBHOOK), shop_of)


def test_a_topic_that_is_let_go_asks_for_no_shop() -> None:
    def nobody(domain: str) -> str:
        raise AssertionError(domain)

    assert messages.read(changed(WEBHOOK, **{"X-Shopify-Topic": "carts/update"}), nobody).facts == ()


@pytest.mark.parametrize("missing", ["X-Shopify-Topic", "X-Shopify-Shop-Domain"])
def test_without_topic_or_shop_it_is_refused(missing: str) -> None:
    with pytest.raises(NotUnderstood, match="metadata name no"):
        messages.read(changed(WEBHOOK, **{missing: None}), shop_of)


def test_without_a_payload_it_is_refused() -> None:
    event = json.loads(changed(WEBHOOK))
    del event["detail"]["payload"]

    with pytest.raises(NotUnderstood, match="payload"):
        messages.read(json.dumps(event), shop_of)
