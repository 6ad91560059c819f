"""`/shops/{shop}`: what makes a shop, what changes it, what it is set to, and what it is not told."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from segment_core import clock
from segment_core.privacy.shops import begin as erase_shop
from segment_core.runtime import secrets
from segment_core.store import shops

from .api_caller import Answer, ApiCaller
from .conftest import NOW, Stack

SHOP = {"domain": "demo-store.myshopify.com", "zone": "Europe/Berlin", "currency": "EUR"}
SECRET = "planted-secret"


def test_a_shop_is_made_and_then_changed(api: ApiCaller, stack: Stack) -> None:
    made = api("PUT", "/shops/demo", SHOP | {"webhook_secrets": [SECRET]})
    assert (made.status, made.body) == (
        201,
        {
            "shop": "demo",
            **SHOP,
            "platform": "shopify",
            "queries": {
                "clauses": 50,
                "characters": 5000,
                "ids": 500,
                "nesting": 20,
                "strictness": "lenient",
                "metafields": None,
            },
            "settings": {
                "count_test_orders": False,
                "count_cancelled_orders": False,
                "abandoned_after_minutes": 60,
                "guests_are_customers": False,
            },
            "webhook_secrets": 1,
        },
    )
    clock.use(lambda: NOW + timedelta(days=1))
    settings = {
        "count_test_orders": True,
        "count_cancelled_orders": False,
        "abandoned_after_minutes": 90,
        "guests_are_customers": True,
    }
    changed = api("PUT", "/shops/demo", SHOP | {"zone": "Asia/Tokyo", "settings": settings})
    assert (changed.status, changed.body["zone"], changed.body["settings"]) == (200, "Asia/Tokyo", settings)
    record = shops.existing(stack.tables.segments, "demo")
    assert (record.zone, record.count_test_orders) == ("Asia/Tokyo", True)
    assert (record.created_at, record.updated_at) == (NOW, NOW + timedelta(days=1))


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_what_a_shop_is_set_to_can_be_read_and_put_back(api: ApiCaller, platform: str) -> None:
    assert api("GET", "/shops/demo").problem == (404, "shop_not_found")
    settings = {
        "count_test_orders": True,
        "abandoned_after_minutes": 90,
        "guests_are_customers": platform == "shopify",
    }
    queries = {"clauses": 7, "strictness": "shopify", "metafields": {"facts.birth_date": "date"}}
    asked = SHOP | {"platform": platform, "settings": settings, "queries": queries, "webhook_secrets": [SECRET]}
    made = api("PUT", "/shops/demo", asked)

    read = api("GET", "/shops/demo")
    assert (read.status, read.body) == (200, made.body)
    assert SECRET not in json.dumps(read.body)
    again = {name: value for name, value in read.body.items() if name not in ("shop", "webhook_secrets")}
    assert api("PUT", "/shops/demo", again).body == read.body


def test_a_shop_that_is_erased_is_none(api: ApiCaller, stack: Stack) -> None:
    api("PUT", "/shops/demo", SHOP)
    assert erase_shop(stack.tables, "demo", NOW)
    assert api("GET", "/shops/demo").problem == (404, "shop_not_found")


def test_what_is_absent_has_its_documented_value_again(api: ApiCaller) -> None:
    api("PUT", "/shops/demo", SHOP | {"settings": {"count_test_orders": True}})
    assert api("PUT", "/shops/demo", SHOP).body["settings"]["count_test_orders"] is False


def test_secrets_are_replaced_when_given_and_kept_when_not(api: ApiCaller, stack: Stack) -> None:
    def stored() -> tuple[str, ...]:
        return secrets.read(stack.secrets_prefix, "demo")

    assert api("PUT", "/shops/demo", SHOP).body["webhook_secrets"] == 0
    assert stored() == ()
    assert api("PUT", "/shops/demo", SHOP | {"webhook_secrets": [SECRET, "the-old-one"]}).body["webhook_secrets"] == 2
    assert api("PUT", "/shops/demo", SHOP).body["webhook_secrets"] == 2
    assert stored() == (SECRET, "the-old-one")
    assert api("PUT", "/shops/demo", SHOP | {"webhook_secrets": ["the-new-one"]}).body["webhook_secrets"] == 1
    assert stored() == ("the-new-one",)


def test_secrets_are_encrypted_and_never_shown_or_logged(api: ApiCaller, stack: Stack, log: io.StringIO) -> None:
    answers = [
        api("PUT", "/shops/demo", SHOP | {"webhook_secrets": [SECRET]}),
        api("PUT", "/shops/demo", SHOP),
        api("PUT", "/shops/demo", SHOP | {"webhook_secrets": [SECRET, 7]}),
        api("PUT", "/shops/demo", SHOP | {"webhook_secrets": [SECRET] * 3}),
        api("PUT", "/shops/demo", SHOP | {"webhook_secrets": SECRET}),
        api("PUT", "/shops/demo", raw='{"webhook_secrets": ["' + SECRET),
    ]
    assert [answer.status for answer in answers] == [201, 200, 400, 400, 400, 400]
    assert SECRET not in log.getvalue() + json.dumps([answer.body for answer in answers])
    assert SECRET not in str(stack.items(stack.tables.segments))
    parameter = secrets.client().get_parameter(Name=secrets.parameter(stack.secrets_prefix, "demo"))["Parameter"]
    assert parameter["Type"] == "SecureString"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"domain": None}, "body.domain"),
        ({"domain": "https://demo-store.myshopify.com"}, "body.domain"),
        ({"domain": "Demo.myshopify.com"}, "body.domain"),
        ({"domain": "localhost"}, "body.domain"),
        ({"domain": "-a.example.com"}, "body.domain"),
        ({"domain": ".".join(["a" * 60] * 5)}, "body.domain"),
        ({"zone": "Berlin"}, "body.zone"),
        ({"zone": "../../etc/passwd"}, "body.zone"),
        ({"zone": "UTC+2"}, "body.zone"),
        ({"zone": ""}, "body.zone"),
        ({"platform": "woocommerce", "settings": {"guests_are_customers": True}}, "body.settings"),
        ({"currency": "eur"}, "body.currency"),
        ({"currency": "EURO"}, "body.currency"),
        ({"settings": {"count_test_orders": "yes"}}, "body.settings.count_test_orders"),
        ({"settings": {"count_test_orders": 1}}, "body.settings.count_test_orders"),
        ({"settings": {"count_all": True}}, "body.settings.count_all"),
        ({"settings": None}, "body.settings"),
        ({"queries": {"clauses": 0}}, "body.queries.clauses"),
        ({"queries": {"characters": 50_001}}, "body.queries.characters"),
        ({"queries": {"nesting": 101}}, "body.queries.nesting"),
        ({"queries": {"strictness": "none"}}, "body.queries.strictness"),
        ({"queries": {"metafields": {"size": "date"}}}, "body.queries.metafields.size.[key]"),
        ({"queries": {"metafields": {"a.size": "Date!"}}}, "body.queries.metafields.a.size"),
        ({"webhook_secrets": []}, "body.webhook_secrets"),
        ({"webhook_secrets": ["short"]}, "body.webhook_secrets[0]"),
        ({"webhook_secrets": ["long-enough", "x" * 257]}, "body.webhook_secrets[1]"),
        ({"colour": "blue"}, "body.colour"),
    ],
)
def test_what_cannot_be_a_shop_is_refused_with_its_place(
    api: ApiCaller, stack: Stack, change: dict[str, Any], place: str
) -> None:
    answer = api("PUT", "/shops/demo", SHOP | change)
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith(f"{place}: ")
    assert stack.items(stack.tables.segments) == []


def test_it_is_said_in_words_what_a_field_must_be(api: ApiCaller) -> None:
    answer = api("PUT", "/shops/demo", SHOP | {"webhook_secrets": ["..."], "colour": "blue", "zone": "Oslo"})
    assert answer.body["detail"].split("; ") == [
        "body.zone: must be the name of an IANA time zone, such as Europe/Berlin",
        "body.webhook_secrets[0]: must have 8 to 256 characters",
        "body.colour: is not known here",
    ]


@pytest.mark.parametrize("missing", ["domain", "zone", "currency"])
def test_every_field_without_a_documented_value_must_be_there(api: ApiCaller, missing: str) -> None:
    answer = api("PUT", "/shops/demo", {name: value for name, value in SHOP.items() if name != missing})
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith(f"body.{missing}: ")


@pytest.mark.parametrize("path", ["/shops/other", "/shops/DEMO", "/shops/demo%23x"])
def test_the_shop_is_the_tokens(api: ApiCaller, stack: Stack, path: str) -> None:
    assert api("PUT", path, SHOP).problem == (403, "shop_mismatch")
    assert api("GET", path).problem == (403, "shop_mismatch")
    assert stack.items(stack.tables.segments) == []


@pytest.mark.parametrize("zone", ["America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC", "Asia/Calcutta"])
def test_zones_of_every_form_are_known(api: ApiCaller, zone: str) -> None:
    assert api("PUT", "/shops/demo", SHOP | {"zone": zone}).body["zone"] == zone


def test_each_shop_is_its_own(api: ApiCaller, stack: Stack) -> None:
    assert api("PUT", "/shops/demo", SHOP).status == 201
    assert replace(api, shop="other")("PUT", "/shops/other", SHOP | {"currency": "USD"}).status == 201
    assert shops.existing(stack.tables.segments, "demo").currency == "EUR"


# What queries may be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "refused", "code"),
    [
        (
            {"clauses": 2},
            "number_of_orders > 0 AND amount_spent > 0 AND customer_tags CONTAINS 'a'",
            "too_many_clauses",
        ),
        ({"characters": 30}, "number_of_orders > 0 AND amount_spent > 0", "too_long"),
        ({"nesting": 1}, "NOT (NOT (number_of_orders > 0))", "too_deep"),
        ({"strictness": "shopify"}, "average_order_value > 10", "extension_not_allowed"),
        ({"metafields": {"facts.birth_date": "date"}}, "metafields.facts.shoe_size = 40", "unknown_filter"),
    ],
)
def test_queries_are_held_to_what_the_shop_lets_them_be(
    api: ApiCaller, queries: dict[str, Any], refused: str, code: str
) -> None:
    def make() -> Answer:
        return api("POST", "/segments", {"name": "Some", "query": refused})

    assert api("PUT", "/shops/demo", SHOP).status == 201
    made = make()
    assert made.status == 201, made.body
    changed = api("PUT", "/shops/demo", SHOP | {"queries": queries})
    assert changed.body["queries"].items() >= queries.items()
    answer = make()
    assert answer.problem == (422, "invalid_query")
    assert code in {problem["code"] for problem in answer.body["problems"]}
    # Whoever asks before, or changes another one, is told the same.
    path = f"/segments/{made.body['id']}"
    checked = api("POST", "/queries/check", {"query": refused}).body
    assert (checked["valid"], checked["problems"]) == (False, answer.body["problems"])
    other = api("POST", "/segments", {"name": "Some", "query": "amount_spent > 5"}).body["id"]
    assert (
        api("PATCH", f"/segments/{other}", {"query": refused}, headers={"if-match": "*"}).body["problems"]
        == (api("POST", "/queries/preview", {"query": refused}).body["problems"])
        == answer.body["problems"]
    )
    # What was saved before stays, and so does a change of its name.
    assert api("PATCH", path, {"name": "Other"}, headers={"if-match": "*"}).body["query"] == made.body["query"]
