"""What `POST /webhooks/{shop}` takes in, what it refuses, and what it leaves behind either way."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from segment_core import clock
from segment_core.api import webhooks
from segment_core.facts.told import OrderFact
from segment_core.ingest import messages, signature
from segment_core.runtime import queue, secrets
from segment_core.segments.shops import put_shop

from .conftest import NOW, Stack, load_function

SHOP = "demo"
DOMAIN = "demo-store.myshopify.com"
SECRET = "a-secret-of-the-store"
EMAIL = "planted@example.com"
ORDER = json.dumps({"id": 1, "email": EMAIL, "created_at": "2026-02-28T23:59:59Z", "note": "Zoë \N{PARTY POPPER}"})

Send = Callable[..., dict[str, Any]]


def webhook_event(body: str | bytes, headers: dict[str, str], shop: str = SHOP) -> dict[str, Any]:
    """What the gateway makes of a webhook: text as text, other bytes in base64."""
    text = body if isinstance(body, str) else base64.b64encode(body).decode()
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{shop}",
        "rawPath": f"/webhooks/{shop}",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "user-agent": "Shopify-Captain-Hook", **headers},
        "pathParameters": {"shop": shop},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.execute-api.us-east-1.amazonaws.com",
            "http": {"method": "POST", "path": f"/webhooks/{shop}", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "r-1",
            "routeKey": "POST /webhooks/{shop}",
            "stage": "$default",
            "timeEpoch": 1772366400000,
        },
        "body": text,
        "isBase64Encoded": isinstance(body, bytes),
    }


def make_shop(stack: Stack, shop: str, domain: str) -> None:
    put_shop(
        stack.tables,
        shop,
        domain=domain,
        zone="Europe/Berlin",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )


@pytest.fixture
def app(stack: Stack) -> ModuleType:
    """The function, and a shop whose store it serves."""
    make_shop(stack, SHOP, DOMAIN)
    secrets.write(stack.secrets_prefix, SHOP, (SECRET,))
    return load_function("webhook")


@pytest.fixture
def send(app: ModuleType, context: SimpleNamespace) -> Send:
    """Sends a signed `orders/create`, or what the test makes of it."""

    def send(
        body: str | bytes = ORDER,
        *,
        secret: str = SECRET,
        shop: str = SHOP,
        signed: str | None = None,
        topic: str | None = "orders/create",
        **headers: str,
    ) -> dict[str, Any]:
        raw = body.encode() if isinstance(body, str) else body
        sent = {"X-Shopify-Hmac-Sha256": signature.sign(raw, secret) if signed is None else signed}
        if topic is not None:
            sent["X-Shopify-Topic"] = topic
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer: dict[str, Any] = app.handler(webhook_event(body, sent, shop), context)
        return answer

    return send


def refused(answer: dict[str, Any]) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem detail."""
    assert answer["headers"]["content-type"] == "application/problem+json"
    problem = json.loads(answer["body"])
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code"}
    assert problem["status"] == answer["statusCode"]
    assert problem["instance"] == "urn:tidemark:request:r-1"
    return answer["statusCode"], problem["code"]


def test_a_signed_webhook_is_queued_as_it_came(send: Send, stack: Stack) -> None:
    answer = send(
        X_Shopify_Triggered_At="2026-02-28T23:59:59.877041743Z",
        X_Shopify_Webhook_Id="w-1",
        X_Shopify_API_Version="2026-04",
        X_Shopify_Shop_Domain=DOMAIN,
    )
    assert answer == {"statusCode": 200}
    assert stack.messages(stack.ingest_queue_url) == [
        {
            "kind": "webhook",
            "shop": SHOP,
            "platform": "shopify",
            "topic": "orders/create",
            "received_at": "2026-03-01T12:00:00Z",
            "triggered_at": "2026-02-28T23:59:59.877041743Z",
            "webhook_id": "w-1",
            "api_version": "2026-04",
            "body": ORDER,
        }
    ]


@pytest.mark.parametrize("hint", ["", "soon", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_an_order_outlives_a_hint_that_cannot_be_read(send: Send, stack: Stack, hint: str) -> None:
    body = json.dumps({"id": 1, "created_at": "2026-02-28T23:59:59Z", "total_price": "1.00", "currency": "EUR"})

    assert send(body, X_Shopify_Triggered_At=hint)["statusCode"] == 200

    (message,) = stack.messages(stack.ingest_queue_url)
    (fact,) = messages.read(queue.encode(message)).facts
    assert isinstance(fact, OrderFact)


def test_headers_that_were_not_sent_are_not_in_the_message(send: Send, stack: Stack) -> None:
    assert send()["statusCode"] == 200
    (message,) = stack.messages(stack.ingest_queue_url)
    assert set(message) == {"kind", "shop", "platform", "topic", "received_at", "body"}


def test_ingest_can_read_the_message(send: Send, stack: Stack) -> None:
    customer = {"id": 7, "created_at": "2026-02-01T00:00:00Z", "updated_at": "2026-02-01T00:00:00Z"}
    send(json.dumps(customer), topic="customers/create")
    (message,) = stack.messages(stack.ingest_queue_url)
    assert messages.read(queue.encode(message)).shop == SHOP


@pytest.mark.parametrize("prefix", ["x-shopify-", "X-SHOPIFY-", "shopify-", "Shopify-"])
def test_headers_are_found_however_they_are_spelt(app: ModuleType, context: Any, stack: Stack, prefix: str) -> None:
    headers = {f"{prefix}hmac-sha256": signature.sign(ORDER.encode(), SECRET), f"{prefix}topic": "orders/create"}
    assert app.handler(webhook_event(ORDER, headers), context) == {"statusCode": 200}


@pytest.mark.parametrize("body", [b'{"note": "Zo\xc3\xab"}', b'\t{"a":\r\n1.10, "a": 2}\n'])
def test_the_signature_is_over_the_bytes(send: Send, stack: Stack, body: bytes) -> None:
    assert send(body)["statusCode"] == 200
    (message,) = stack.messages(stack.ingest_queue_url)
    assert message["body"].encode() == body


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "bm90IGl0",
        signature.sign(ORDER.encode(), "another-secret"),
        signature.sign(json.dumps(json.loads(ORDER)).encode() + b" ", SECRET),
        base64.b64decode(signature.sign(ORDER.encode(), SECRET)).hex(),
    ],
)
def test_a_wrong_or_missing_signature_is_401_and_nothing_is_stored(send: Send, stack: Stack, signed: str) -> None:
    before = stack.items(stack.tables.segments)
    assert refused(send(signed=signed)) == (401, "invalid_signature")
    assert stack.messages(stack.ingest_queue_url) == []
    assert stack.items(stack.tables.segments) == before


def test_a_shop_without_secrets_takes_nothing(app: ModuleType, send: Send, stack: Stack) -> None:
    make_shop(stack, "bare", "bare.myshopify.com")
    assert refused(send(shop="bare")) == (401, "invalid_signature")
    assert refused(send(shop="bare", signed=signature.sign(ORDER.encode(), ""))) == (401, "invalid_signature")


@pytest.mark.parametrize("shop", ["nobody", "Demo", "demo#1", ""])
def test_an_unknown_shop_is_404(send: Send, stack: Stack, shop: str) -> None:
    assert refused(send(shop=shop)) == (404, "shop_not_found")
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_body_over_700_kib_is_413_and_one_of_700_kib_is_not(send: Send, stack: Stack) -> None:
    full = json.dumps({"note": ""})
    full = json.dumps({"note": "x" * (700 * 1024 - len(full))})
    assert len(full) == 700 * 1024
    assert send(full)["statusCode"] == 200
    assert refused(send(full + " ")) == (413, "body_too_large")
    assert len(stack.messages(stack.ingest_queue_url)) == 1


@pytest.mark.parametrize("letter", ["\u00eb", "\u4e2d", "\U0001f389", "\uffff"])
def test_a_large_body_in_any_script_fits(send: Send, stack: Stack, letter: str) -> None:
    body = json.dumps({"note": letter * (600 * 1024 // len(letter.encode()) // 3)}, ensure_ascii=False)
    assert send(body)["statusCode"] == 200
    (message,) = stack.messages(stack.ingest_queue_url)
    assert message["body"] == body


def test_a_body_that_quoting_makes_too_large_for_a_message_is_413(send: Send, stack: Stack) -> None:
    assert refused(send(json.dumps([""] * 230_000, separators=(",", ":")))) == (413, "body_too_large")
    assert stack.messages(stack.ingest_queue_url) == []


@pytest.mark.parametrize("body", ["", "{", "no json", '{"a": NaN}', '{"a": -Infinity}', b"\xff\xfe", "[" * 100_000])
def test_what_is_not_json_is_400(send: Send, stack: Stack, body: str | bytes) -> None:
    assert refused(send(body)) == (400, "invalid_json")
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_webhook_without_a_topic_is_400(send: Send, stack: Stack) -> None:
    assert refused(send(topic=None)) == (400, "missing_topic")
    assert refused(send(topic="")) == (400, "missing_topic")


def test_a_topic_that_is_not_used_is_200_and_counted(send: Send, stack: Stack, capsys: Any) -> None:
    assert send(topic="themes/publish") == {"statusCode": 200}
    assert stack.messages(stack.ingest_queue_url) == []
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line.get("WebhookIgnored") for line in counted] == [[1.0]]


@pytest.mark.parametrize("named", ["other.myshopify.com", "", "demo-store.myshopify.com.example.com"])
def test_a_webhook_of_another_shop_of_the_same_app_is_403(send: Send, stack: Stack, named: str) -> None:
    assert refused(send(X_Shopify_Shop_Domain=named)) == (403, "shop_mismatch")
    assert refused(send(json.dumps({"id": 1, "shop_domain": named}))) == (403, "shop_mismatch")
    assert refused(send(json.dumps({"id": 1, "myshopify_domain": named}))) == (403, "shop_mismatch")
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_domain_is_the_same_in_any_case(send: Send) -> None:
    assert send(X_Shopify_Shop_Domain=DOMAIN.upper())["statusCode"] == 200


# The order of the checks ----------------------------------------------------------------------

TOO_LARGE = "x" * (webhooks.BODY_LIMIT_BYTES + 1)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"shop": "nobody", "body": TOO_LARGE, "signed": ""}, (404, "shop_not_found")),
        ({"body": TOO_LARGE, "signed": ""}, (413, "body_too_large")),
        ({"body": "{", "signed": ""}, (401, "invalid_signature")),
        ({"body": "{", "X_Shopify_Shop_Domain": "other.myshopify.com"}, (400, "invalid_json")),
        ({"X_Shopify_Shop_Domain": "other.myshopify.com", "topic": "themes/publish"}, (403, "shop_mismatch")),
    ],
)
def test_the_first_check_that_fails_is_the_answer(send: Send, sent: dict[str, Any], answer: tuple[int, str]) -> None:
    assert refused(send(**sent)) == answer


# Secrets --------------------------------------------------------------------------------------


def at(instant: datetime) -> None:
    clock.use(lambda: instant)


def test_while_secrets_change_both_are_accepted(send: Send, stack: Stack) -> None:
    secrets.write(stack.secrets_prefix, SHOP, ("the-new-secret", SECRET))
    assert send(secret="the-new-secret")["statusCode"] == 200
    assert send(secret=SECRET)["statusCode"] == 200


def test_a_new_secret_is_looked_for_once_a_minute(send: Send, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert send()["statusCode"] == 200
    secrets.write(stack.secrets_prefix, SHOP, ("the-new-secret", SECRET))
    reads: list[str] = []
    read = secrets.read

    def counted(prefix: str, shop: str) -> tuple[str, ...]:
        reads.append(shop)
        return read(prefix, shop)

    monkeypatch.setattr(secrets, "read", counted)
    at(NOW + timedelta(seconds=59))
    assert [send(secret="the-new-secret")["statusCode"] for _ in range(3)] == [401, 401, 401]
    assert reads == []
    at(NOW + timedelta(seconds=60))
    answers = [send(secret=secret)["statusCode"] for secret in ("the-new-secret", "forged-secret", SECRET)]
    assert answers == [200, 401, 200]
    assert reads == [SHOP]


def test_a_withdrawn_secret_opens_for_five_minutes_at_most(send: Send, stack: Stack) -> None:
    assert send()["statusCode"] == 200
    secrets.write(stack.secrets_prefix, SHOP, ("the-new-secret",))
    at(NOW + timedelta(minutes=4, seconds=59))
    assert send()["statusCode"] == 200
    at(NOW + timedelta(minutes=5))
    assert send()["statusCode"] == 401


def test_a_clock_that_was_turned_back_forgets_what_was_read_later(send: Send, stack: Stack) -> None:
    assert send()["statusCode"] == 200
    secrets.write(stack.secrets_prefix, SHOP, ("the-new-secret",))
    at(NOW - timedelta(seconds=1))
    assert send(secret="the-new-secret")["statusCode"] == 200


# What may be seen of it -----------------------------------------------------------------------


def test_neither_secrets_nor_persons_are_in_logs_or_answers(
    send: Send, log: io.StringIO, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    answers = [
        send(),
        send(topic="themes/publish"),
        send(secret="not-the-secret"),
        send(ORDER + "x"),
        send(topic=None),
        send(X_Shopify_Shop_Domain="other.myshopify.com"),
    ]
    assert [answer["statusCode"] for answer in answers] == [200, 200, 401, 400, 400, 403]
    seen = capsys.readouterr()
    assert "webhook refused" in log.getvalue()
    for hidden in (EMAIL, SECRET, "not-the-secret", signature.sign(ORDER.encode(), SECRET)):
        assert hidden not in log.getvalue() + seen.out + seen.err + json.dumps(answers)
