"""The same door for a store on WooCommerce: its signature, its topics, its ping."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.ingest import messages, signature
from segment_core.runtime import queue, secrets
from segment_core.segments.shops import put_shop

from .conftest import NOW, REPOSITORY, Stack, load_function
from .test_webhook import SECRET, webhook_event

SHOP = "coffee"
ORDER = json.loads((REPOSITORY / "events" / "woocommerce" / "order-created.json").read_text())["body"]


@pytest.fixture(autouse=True)
def shop(stack: Stack) -> None:
    put_shop(
        stack.tables,
        SHOP,
        domain="coffee.example.com",
        platform="woocommerce",
        zone="UTC",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    secrets.write(stack.secrets_prefix, SHOP, (SECRET,))


def send(context: SimpleNamespace, body: str, **headers: str) -> dict[str, Any]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: dict[str, Any] = load_function("webhook").handler(webhook_event(body, told, SHOP), context)
    return answer


def signed(body: str, topic: str = "order.created", **headers: str) -> dict[str, str]:
    return {
        "X_WC_Webhook_Topic": topic,
        "X_WC_Webhook_Signature": signature.sign(body.encode(), SECRET),
        "X_WC_Webhook_Source": "https://coffee.example.com/",
        "X_WC_Webhook_Delivery_ID": "d-1",
        **headers,
    }


def test_a_signed_order_is_queued_and_understood(stack: Stack, context: SimpleNamespace) -> None:
    body = json.dumps(ORDER)

    assert send(context, body, **signed(body)) == {"statusCode": 200}

    (message,) = stack.messages(stack.ingest_queue_url)
    assert (message["platform"], message["topic"], message["webhook_id"]) == ("woocommerce", "order.created", "d-1")
    told = messages.read(queue.encode(message))
    assert (told.shop, len(told.facts)) == (SHOP, 1)


def test_its_ping_is_answered_and_nothing_is_queued(stack: Stack, context: SimpleNamespace) -> None:
    assert send(context, "webhook_id=12") == {"statusCode": 200}
    assert stack.messages(stack.ingest_queue_url) == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X_WC_Webhook_Signature": "x"}, 401, "invalid_signature"),
        ({"X_WC_Webhook_Source": "https://tea.example.com/"}, 403, "shop_mismatch"),
        ({"X_WC_Webhook_Topic": ""}, 400, "missing_topic"),
        ({"X_WC_Webhook_Topic": "", "X_Shopify_Topic": "orders/create"}, 400, "missing_topic"),
    ],
)
def test_what_is_not_theirs_or_not_whole_is_refused(
    stack: Stack, context: SimpleNamespace, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send(context, json.dumps(ORDER), **signed(json.dumps(ORDER)) | headers)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)
    assert stack.messages(stack.ingest_queue_url) == []


@pytest.mark.parametrize("topic", ["coupon.created", "product.updated", "action.woocommerce_thankyou", "orders/create"])
def test_other_topics_are_let_go(stack: Stack, context: SimpleNamespace, topic: str) -> None:
    body = json.dumps(ORDER)

    assert send(context, body, **signed(body, topic)) == {"statusCode": 200}
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_shopify_signature_does_not_open_it(stack: Stack, context: SimpleNamespace) -> None:
    body = json.dumps(ORDER)
    headers = {"X_Shopify_Topic": "orders/create", "X_Shopify_Hmac_Sha256": signature.sign(body.encode(), SECRET)}

    assert send(context, body, **headers)["statusCode"] == 401
