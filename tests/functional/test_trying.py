"""Before and after a segment is saved: checks, previews, explanations, forecasts, timelines and help while writing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from segment_core.evaluator import evaluate
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.membership.budget import unlimited
from segment_core.runtime import environment
from segment_core.segments import builds, forecasts, population, previews, suggestions
from segment_core.shop import Shop
from segment_core.store import facts
from segment_core.zones import zone

from .api_caller import ApiCaller
from .conftest import Stack
from .living import Living

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERY = "last_order_date >= -30d AND amount_spent >= 50"


def documents(count: int) -> list[dict[str, Any]]:
    """Customers with some orders of the last months, always the same."""
    draw = random.Random("customers who are tried")
    return [
        {
            "id": f"c{number:03d}",
            "as_of": "2026-03-01T00:00:00Z",
            "tags": draw.sample(["vip", "new", "Wholesale"], draw.randrange(3)),
            "addresses": [{"country": "NO", "region": "46", "city": draw.choice(["Bergen", "Voss"])}],
            "orders": [
                {
                    "id": f"o{number}-{n}",
                    "created_at": f"2026-{draw.randrange(1, 3):02d}-{draw.randrange(1, 29):02d}T08:30:00Z",
                    "total": f"{draw.randrange(1, 90)}.50",
                    "currency": "EUR",
                    "lines": [{"product_id": str(draw.randrange(3)), "tags": ["sale"]}],
                }
                for n in range(draw.randrange(4))
            ],
        }
        for number in range(count)
    ]


DOCUMENTS = documents(30)


@pytest.fixture
def opened(stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> Living:
    """A shop in Oslo on the first of March, without customers."""
    return Living.open(stack, api, monkeypatch, MARCH, "Europe/Oslo")


@pytest.fixture
def living(opened: Living) -> Living:
    """The same with thirty customers."""
    opened.tell(*DOCUMENTS)
    return opened


def brute_force(query: str) -> set[str]:
    shop = Shop(zone("Europe/Oslo"), "EUR")
    return {str(one["id"]) for one in DOCUMENTS if evaluate(parse(query), read_customer(one), shop, MARCH).member}


# Checking -------------------------------------------------------------------------------------


def test_a_query_is_checked_without_being_saved(opened: Living) -> None:
    answer = opened.api("POST", "/queries/check", {"query": "last_order_date > 30_days_ago and amount_spent>=50"})
    assert answer.status == 200
    assert answer.body["valid"]
    assert answer.body["canonical"] == "last_order_date > -30d AND amount_spent >= 50"
    assert [one["code"] for one in answer.body["warnings"]] == ["deprecated_date"]
    assert answer.body["descriptions"]["en"].startswith("Customers who last ordered")
    assert answer.body["descriptions"]["nb"].startswith("Kunder som")
    assert answer.body["depends_on"] == [{"kind": "orders", "name": "", "days": None}]
    assert opened.api("GET", "/segments").body["segments"] == []
    answer = opened.api("POST", "/queries/check", {"query": "number_of_order > 0\nAND amount_spend >= 5"})
    assert (answer.status, answer.body["valid"], answer.body["canonical"]) == (200, False, None)
    assert [(one["line"], one["column"]) for one in answer.body["problems"]] == [(1, 0), (2, 4)]


# Previewing -----------------------------------------------------------------------------------


def test_a_preview_of_a_small_shop_is_exact(living: Living) -> None:
    answer = living.api("POST", "/queries/preview", {"query": QUERY}).body
    expected = brute_force(QUERY)
    assert answer["scope"] == {"exact": True, "customers": 30, "looked_at": 30}
    assert answer["members"]["count"] == {"value": len(expected), "low": len(expected), "high": len(expected)}
    assert set(answer["members"]["sample"]) <= expected
    assert answer["share"] == len(expected) / 30
    assert answer["difference"] is None
    # Saved, it comes to what the preview said.
    saved = living.make("Saved", QUERY)
    assert {one["customer_id"] for one in living.members(saved)} == expected
    assert living.api("GET", f"/segments/{saved}/statistics").body["spending"] == answer["spending"]

    saved = living.make("Richer", "amount_spent >= 100")
    answer = living.api("POST", "/queries/preview", {"query": QUERY, "segment_id": saved}).body
    before, after = brute_force("amount_spent >= 100"), brute_force(QUERY)
    difference = answer["difference"]
    assert difference["segment_id"] == saved
    assert set(difference["enter"]["sample"]) == after - before
    assert set(difference["leave"]["sample"]) == before - after
    assert difference["stay"]["value"] == len(before & after)


def test_a_preview_of_a_large_shop_is_a_sample_that_is_the_same_each_time(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = len(brute_force(QUERY))
    told = [
        previews.preview(living.stack.tables, living.shop, QUERY, None, MARCH, unlimited, most=20) for _ in range(2)
    ]
    assert told[0] == told[1]
    assert (told[0].scope.exact, told[0].scope.customers, told[0].scope.looked_at) == (False, 30, 20)
    assert told[0].members.count.low <= expected <= told[0].members.count.high
    assert told[0].members.count.low < told[0].members.count.high
    # Who is not asked in time is estimated too: what is made of them takes time as well as reading them.
    asked: list[str] = []
    seen = population.Look(living.stack.tables, living.shop, lambda: 10.0 - len(asked))
    for one in seen:
        asked += [one.id]
    assert len(asked) == seen.scope.looked_at == 10
    assert not seen.scope.exact
    # A shop too large to be listed is estimated from whole slices of its roster.
    listed = population.roster(living.stack.tables, living.shop, enough=10)
    assert 10 <= len(listed.ids) < 30
    scope = listed.scope(10)
    assert scope.customers * (1 - scope.spread) <= 30 <= scope.customers * (1 + scope.spread)


def test_what_cannot_be_saved_cannot_be_previewed(opened: Living) -> None:
    assert opened.api("POST", "/queries/preview", {"query": "nothing = 1"}).problem == (422, "invalid_query")
    gone = opened.api("POST", "/queries/preview", {"query": QUERY, "segment_id": "gone"})
    assert gone.problem == (404, "segment_not_found")


def test_a_preview_asks_the_segments_that_the_saved_query_would(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = living.make("Spenders", "amount_spent >= 50")
    living.make("Some", "in_segment('Spenders') AND customer_tags CONTAINS 'vip'")
    query = "in_segment('Some') OR NOT in_segment ('Spenders')"

    def previewed() -> tuple[int, set[str]]:
        members = living.api("POST", "/queries/preview", {"query": query}).body["members"]
        return members["count"]["value"], set(members["sample"])

    def saved(name: str) -> set[str]:
        return {one["customer_id"] for one in living.members(living.make(name, query))}

    count, sample = previewed()
    expected = saved("Saved")
    assert 0 < count == len(expected) < len(DOCUMENTS)
    assert sample <= expected
    # A segment that is being built anew is asked as it will be: what is saved now is published together with it.
    with monkeypatch.context() as patch:
        patch.setattr(builds, "start", lambda *_: None)
        assert living.api("PATCH", f"/segments/{child}", {"query": "amount_spent >= 120"}, headers={"if-match": "*"})
        count, sample = previewed()
    after = saved("Saved later")
    assert (count, sample <= after) == (len(after), True)
    assert after != expected


def test_a_query_that_asks_segments_is_told_by_their_names(living: Living) -> None:
    child = living.make("Spenders", "amount_spent >= 50")
    parent = living.make("Some", f"in_segment('{child}') AND NOT in_segment('Spenders')")
    checked = living.api("POST", "/queries/check", {"query": f"in_segment('{parent}')"}).body
    assert checked["canonical"] == "in_segment('Some')"
    assert "Some" in checked["descriptions"]["en"]
    assert {one["kind"] for one in checked["depends_on"]} == {"segment", "orders"}
    previewed = living.api("POST", "/queries/preview", {"query": f"in_segment('{parent}')"}).body
    assert previewed["query"] == "in_segment('Some')"
    changed = living.api("PATCH", f"/segments/{child}", {"name": "Payers"}, headers={"if-match": "*"})
    assert changed.status == 200
    living.settle()
    tree = living.api("GET", f"/segments/{parent}/members/c001/explanation").body["explanation"]
    assert tree["text"] == "in_segment('Payers') AND NOT in_segment('Payers')"
    asked, negated = tree["children"]
    assert (asked["text"], asked["children"][0]["text"]) == ("in_segment('Payers')", "amount_spent >= 50")
    assert (negated["text"], negated["children"][0]["text"]) == ("NOT in_segment('Payers')", "in_segment('Payers')")


def test_a_shop_asks_for_so_many_previews_a_minute(opened: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVIEWS_PER_MINUTE", "2")
    environment.environment.cache_clear()

    def status() -> int:
        return opened.api("POST", "/queries/preview", {"query": QUERY}).status

    opened.move(MARCH + timedelta(seconds=15))
    # What is refused reads nobody, and is not counted.
    assert opened.api("POST", "/queries/preview", {"query": "nothing = 1"}).status == 422
    assert [status(), status()] == [200, 200]
    refused = opened.api("POST", "/queries/preview", {"query": QUERY})
    assert refused.problem == (429, "too_many_previews")
    assert refused.headers["Retry-After"] == "45"
    opened.move(MARCH + timedelta(seconds=60))
    assert status() == 200


# Why ------------------------------------------------------------------------------------------


def test_everybody_who_is_in_is_explained_as_in(living: Living) -> None:
    segment = living.make("Saved", QUERY)
    members = {one["customer_id"]: one["since"] for one in living.members(segment)}
    for document in DOCUMENTS[:12]:
        answer = living.api("GET", f"/segments/{segment}/members/{document['id']}/explanation").body
        assert (answer["member"], answer["since"]) == (document["id"] in members, members.get(document["id"]))
        tree = answer["explanation"]
        assert (tree["kind"], tree["member"]) == ("and", answer["member"])
        assert [child["text"] for child in tree["children"]] == QUERY.split(" AND ")
        assert all(child["member"] for child in tree["children"]) == answer["member"]
    nobody = f"/segments/{segment}/members/nobody/explanation"
    assert living.api("GET", nobody).problem == (404, "customer_not_found")


# When -----------------------------------------------------------------------------------------


def test_the_clock_does_what_was_forecast(living: Living) -> None:
    """Sizes, enters and leaves per day, and each customer's own moves, as they are told after the days went by."""
    segments = [living.make("Recent", "last_order_date >= -30d"), living.make("Silent", "last_order_date < -45d")]
    days = 40
    forecast = {one: living.api("GET", f"/segments/{one}/forecast", days=days).body for one in segments}
    ahead = living.api("GET", "/customers/c001/timeline", days=days).body["ahead"]
    for day in range(1, days + 1, 8):
        living.pass_to(MARCH + timedelta(days=day))
    living.pass_to(MARCH + timedelta(days=days) - timedelta(microseconds=1))
    for segment in segments:
        told = living.api("GET", f"/segments/{segment}/history", **{"from": "2026-03-01"}).body["days"]
        by_clock = {
            one["date"]: (one["size"], one["entered"].get("clock", 0), one["left"].get("clock", 0)) for one in told
        }
        expected = {
            one["date"]: (one["size"]["value"], one["entered"]["value"], one["left"]["value"])
            for one in forecast[segment]["days"]
        }
        assert by_clock == expected
        assert forecast[segment]["scope"]["exact"]
    told = living.api("GET", "/customers/c001/timeline", back=days).body
    past = [(one["segment_id"], one["change"], one["at"]) for one in told["past"] if one["cause"] == "clock"]
    assert past == [(one["segment_id"], one["change"], one["at"]) for one in ahead]
    assert past


def test_a_forecast_of_a_large_shop_is_estimated(living: Living) -> None:
    segment = living.make("Recent", "last_order_date >= -30d")
    whole = forecasts.forecast(living.stack.tables, living.shop, segment, MARCH, 30, unlimited)
    part = forecasts.forecast(living.stack.tables, living.shop, segment, MARCH, 30, unlimited, most=20)
    assert part.size.low <= whole.size.value <= part.size.high
    assert [day.date for day in part.days] == [day.date for day in whole.days]
    assert not part.scope.exact


# Help while writing ---------------------------------------------------------------------------


def test_filters_are_told_with_all_that_an_editor_needs(opened: Living) -> None:
    filters = {one["name"]: one for one in opened.api("GET", "/filters").body["filters"]}
    assert filters["rfm_group"]["allowed"]["values"][0] == "CHAMPIONS"
    assert filters["customer_tags"]["many"]
    assert filters["customer_tags"]["suggestions"]
    orders = {one["name"]: one for one in filters["orders_placed"]["parameters"]}
    assert orders["count"]["aggregate"]
    assert "BETWEEN" in orders["date"]["operators"]
    found = opened.api("GET", "/filters", search="email OPENED").body["filters"]
    assert [one["name"] for one in found] == ["shopify_email.opened"]
    for one in opened.api("GET", "/filters").body["filters"]:
        if one["kind"] != "predicate":
            parse(one["example"])


def test_values_are_those_of_the_shop_and_counted_once_an_hour(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = living.api("GET", "/filters/customer_tags/values").body
    counts = {tag: sum(tag in one["tags"] for one in DOCUMENTS) for tag in ("vip", "new", "Wholesale")}
    assert {one["value"]: one["customers"] for one in answer["values"]} == counts
    assert [one["customers"] for one in answer["values"]] == sorted(counts.values(), reverse=True)
    assert (answer["customers"], answer["looked_at"]) == (30, 30)
    cities = living.api("GET", "/filters/customer_cities/values", search="voss").body["values"]
    assert [one["value"] for one in cities] == ["NO-46-Voss"]
    products = living.api("GET", "/filters/products_purchased/values", parameter="id", limit=2).body["values"]
    assert len(products) == 2
    groups = living.api("GET", "/filters/rfm_group/values", search="LOYAL").body["values"]
    assert [one["value"] for one in groups] == ["LOYAL", "PREVIOUSLY_LOYAL"]

    def newest() -> set[str]:
        return {one["value"] for one in living.api("GET", "/filters/customer_tags/values").body["values"]}

    assert "winter" not in newest()
    living.tell({"id": "c000", "as_of": "2026-03-01T12:00:00Z", "tags": ["winter"]})
    with monkeypatch.context() as patch:
        patch.setattr(facts, "load_all", None)
        living.move(MARCH + timedelta(minutes=59))
        assert "winter" not in newest()
    living.move(MARCH + suggestions.KEPT_FOR)
    assert "winter" in newest()


def test_what_has_no_values_is_404(opened: Living) -> None:
    for name, query in (
        ("nothing", {}),
        ("orders_placed", {}),
        ("orders_placed", {"parameter": "colour"}),
        ("rfm_group", {"parameter": "x"}),
        ("amount_spent", {}),
        ("orders_placed", {"parameter": "amount"}),
    ):
        assert opened.api("GET", f"/filters/{name}/values", **query).problem == (404, "filter_not_found")


def test_what_says_that_it_has_suggestions_has_values_and_what_does_not_has_none_or_fixed_ones(opened: Living) -> None:
    told = opened.api("GET", "/filters").body["filters"]
    asked = [(one["name"], one["allowed"], one["suggestions"], {}) for one in told]
    asked += [
        (one["name"], part["allowed"], part["suggestions"], {"parameter": part["name"]})
        for one in told
        for part in one["parameters"]
    ]
    for name, allowed, suggested, query in asked:
        answer = opened.api("GET", f"/filters/{quote(name)}/values", **query)
        expected = 200 if suggested or (allowed and allowed["values"]) else 404
        assert answer.status == expected, (name, query)


def test_a_filter_has_the_same_values_under_each_of_its_names(opened: Living) -> None:
    opened.tell(
        {
            "id": "c9001",
            "as_of": "2026-03-01T12:00:00Z",
            "events": [
                {
                    "id": "e1", "type": "storefront.product_viewed", "at": "2026-02-20T12:00:00Z",
                    "properties": {"id": "p77"},
                }
            ],
        }
    )  # fmt: skip
    opened.move(MARCH + suggestions.KEPT_FOR)
    for name in ("storefront.product_viewed", "storefront_event.product_viewed"):
        found = opened.api("GET", f"/filters/{name}/values", parameter="id").body["values"]
        assert {"value": "p77", "customers": 1} in found, name
