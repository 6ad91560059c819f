"""Webhooks of the demo's store: bodies in today's shape, signed like real ones with a secret that guards nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from segment_core.instants import iso
from tidemark.demo.shop import CURRENCY, SHOP, ZONE

DOMAIN = "demo-shop.example.com"
SECRET = "not-a-secret-only-for-the-demo"


def order_created(order: str, customer: str, total: str, at: datetime) -> dict[str, Any]:
    """The body of `orders/create`: one customer's order, placed at `at`."""
    local = at.astimezone(ZONE).isoformat()
    money = {"amount": total, "currency_code": CURRENCY}
    return {
        "id": int(order),
        "admin_graphql_api_id": f"gid://shopify/Order/{order}",
        "created_at": local,
        "updated_at": local,
        "cancelled_at": None,
        "currency": CURRENCY,
        "current_total_price": total,
        "current_total_price_set": {"shop_money": money, "presentment_money": money},
        "total_price": total,
        "financial_status": "paid",
        "source_name": "web",
        "test": False,
        "tags": "",
        "discount_codes": [],
        "customer": {
            "id": int(customer),
            "admin_graphql_api_id": f"gid://shopify/Customer/{customer}",
            "email": f"customer-{customer}@example.com",
        },
        "line_items": [{"id": int(order) * 10, "product_id": 510, "variant_id": 610, "sku": "ESP-1", "quantity": 1}],
        "refunds": [],
    }


def tags_changed(customer: str, tags: list[str], at: datetime) -> dict[str, Any]:
    """The body of `customer.tags_added` and `customer.tags_removed`."""
    return {"customerId": f"gid://shopify/Customer/{customer}", "tags": tags, "occurredAt": iso(at)}


def signed(topic: str, body: dict[str, Any], at: datetime) -> tuple[bytes, dict[str, str]]:
    """The bytes to send and the headers that a store sends with them."""
    raw = json.dumps(body).encode()
    digest = hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()
    return raw, {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Triggered-At": iso(at),
        "X-Shopify-Webhook-Id": f"demo-{hashlib.sha256(raw).hexdigest()[:12]}",
        "X-Shopify-API-Version": "2026-04",
    }


def signed_curl(url: str, topic: str, body: dict[str, Any], at: datetime) -> str:
    """Lines for a shell that sign the body and send it; who edits the body need not think of the signature."""
    return f"""\
BODY='{json.dumps(body)}'
curl {url}/webhooks/{SHOP} -H "Content-Type: application/json" --data-binary "$BODY" \\
     -H "X-Shopify-Topic: {topic}" -H "X-Shopify-Shop-Domain: {DOMAIN}" \\
     -H "X-Shopify-Triggered-At: {iso(at)}" \\
     -H "X-Shopify-Hmac-Sha256: $(printf %s "$BODY" | openssl dgst -sha256 -hmac {SECRET} -binary | base64)\""""
