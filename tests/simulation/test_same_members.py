"""However members are asked for, in whichever dialect the query was written, they are the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from segment_core.instants import iso
from tidemark.demo import shop as demo

from .calm import Calm

CUSTOMERS = 40

# The query in the store's newer dialect, and in its older one or as people write it.
DIALECTS = (
    ("orders_placed MATCHES (date >= -90d, count >= 2)", "orders_placed(since: -90d, count_at_least: 2) = true"),
    ("orders_placed NOT MATCHES (date >= -90d)", "orders_placed(since: 90_days_ago) = false"),
    ("orders_placed MATCHES (date BETWEEN -200d AND -60d)", "orders_placed(until: -60d, since: -200d) = true"),
    ("orders_placed MATCHES (date <= -365d)", "orders_placed(until: -365d) != false"),
    ("orders_placed MATCHES (amount > 80, date >= -1y)", "orders_placed matches( amount>80.00 , date>=-1y )"),
    ("orders_placed MATCHES (date >= -6m, sum_amount >= 150)", "orders_placed MATCHES (sum_amount>=150, date>='-6m')"),
    ("orders_placed NOT MATCHES ()", "orders_placed IS NULL"),
    (
        "products_purchased MATCHES (tag = 'consumable', date >= -180d)",
        "products_purchased(tag: 'consumable', since: -180d) = true",
    ),
    ("products_purchased NOT MATCHES (quantity = 2)", "products_purchased(quantity: 2) = false"),
    ("NOT products_purchased MATCHES (tag = 'consumable')", "products_purchased(tag: 'consumable') != true"),
    ("last_order_date > -30d", "last_order_date>30_days_ago"),
    ("first_order_date BETWEEN -12m AND -90d", "first_order_date between 12_months_ago and 90_days_ago"),
    ("number_of_orders >= 2 AND last_order_date < -90d", "number_of_orders>=2 and last_order_date<90_days_ago"),
    (
        "customer_tags CONTAINS 'vip' OR NOT (amount_spent > 100)",
        "customer_tags contains 'VIP' or not (amount_spent > 100.00)",
    ),
    ("amount_spent BETWEEN 50 AND 300", "amount_spent between 050 and 300.00"),
    ("email_subscription_status = 'SUBSCRIBED'", "NOT email_subscription_status != 'SUBSCRIBED'"),
    ("customer_added_date >= -180d", "customer_added_date>='-180d'"),
    (
        "anniversary('first_order_date') BETWEEN -30d AND +60d",
        "anniversary (date: 'first_order_date') between -30d and +60d",
    ),
    (
        "customer_within_distance MATCHES (coordinates = '40.7128,-74.006', distance_mi = 600)",
        "customer_within_distance(coordinates: (40.7128, -74.006), distance_mi: 600) = true",
    ),
)


def test_every_way_of_asking_gives_the_same_members() -> None:
    people = [*demo.customers(CUSTOMERS)]
    ids = [str(one["id"]) for one in people]
    with Calm.opened("demo", demo.ZONE, demo.CURRENCY, demo.OPENING) as calm:
        # Half of the segments are built over customers, the others before there are any.
        halves = DIALECTS[::2], DIALECTS[1::2]
        segments = {pair: [calm.make(text, text) for text in pair] for pair in halves[0]}
        calm.tell(people)
        segments |= {pair: [calm.make(text, text) for text in pair] for pair in halves[1]}
        # Some order again, then time passes: members move for all reasons.
        calm.tell([_who_orders_again(one) for one in people[::8]])
        calm.scheduler.pass_to(demo.OPENING + timedelta(days=20))
        exports = {
            one: calm.ask("POST", f"/segments/{one}/exports", {"format": form})["id"]
            for pair in segments.values()
            for one, form in zip(pair, ("csv", "ndjson"), strict=True)
        }
        calm.scheduler.quiet()
        for pair, made in segments.items():
            why = f"/segments/{made[0]}/members/{{}}/explanation"
            expected = {one for one in ids if calm.ask("GET", why.format(one))["member"]}
            assert 0 < len(expected) < len(ids), pair
            previewed = calm.ask("POST", "/queries/preview", {"query": pair[1]})
            assert previewed["members"]["count"]["value"] == len(expected), pair
            for one in made:
                assert calm.ask("GET", f"/segments/{one}/count")["count"] == len(expected), pair
                assert sorted(_listed(calm, one)) == sorted(expected), pair
                asked = calm.ask("POST", f"/segments/{one}/memberships", {"customers": ids})["memberships"]
                assert {each["customer_id"] for each in asked if each["member"]} == expected, pair
                assert _folded(calm, one) == expected, pair
                assert sorted(_exported(calm, one, exports[one])) == sorted(expected), pair
        wanted = [one for made in segments.values() for one in made]
        for customer in ids:
            told = {each["id"] for each in calm.ask("GET", f"/customers/{customer}/segments")["segments"]}
            asked = calm.ask("POST", f"/customers/{customer}/memberships", {"segments": wanted})["memberships"]
            assert {each["segment_id"] for each in asked if each["member"]} == told
            assert all((newer in told) == (older in told) for newer, older in segments.values())


def _who_orders_again(person: dict[str, Any]) -> dict[str, Any]:
    at = iso(demo.OPENING)
    order = {"id": f"{person['id']}999", "created_at": at, "total": "85.00", "currency": demo.CURRENCY}
    return {"id": person["id"], "as_of": at, "orders": [order]}


def _listed(calm: Calm, segment: str) -> Iterator[str]:
    """Who is on all pages of members."""
    path, cursor = f"/segments/{segment}/members?limit=7", ""
    while True:
        page = calm.ask("GET", path + cursor)
        yield from (one["customer_id"] for one in page["members"])
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def _folded(calm: Calm, segment: str) -> set[str]:
    """Who is in after all enters and leaves that were told."""
    inside: set[str] = set()
    for event in calm.events_of(segment):
        enters = event["change"] == "enter"
        assert (event["customer_id"] in inside) != enters, "enters and leaves alternate"
        (inside.add if enters else inside.discard)(event["customer_id"])
    return inside


def _exported(calm: Calm, segment: str, export: str) -> Iterator[str]:
    """Who is in the file."""
    made = calm.ask("GET", f"/segments/{segment}/exports/{export}")
    text = calm.world.files.fetched(made["url"])
    rows = csv.DictReader(io.StringIO(text)) if made["format"] == "csv" else map(json.loads, text.splitlines())
    yield from (row["customer_id"] for row in rows)
