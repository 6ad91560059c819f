"""Who a customer is: merges, and what is left of somebody who was erased; handlers and streams as deployed."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.errors import NotFound
from segment_core.membership.evaluate import evaluate_all
from segment_core.segments import explanations, reads, service
from segment_core.store import clearing, facts, keys, memberships, profiles

from .api_caller import ApiCaller
from .conftest import NOW, Stack
from .streams import Streams, ingest, parked, webhook

SHOP = "demo"


def order(order_id: int, customer: int | None, total: str = "10.00", at: str = "2026-02-20T10:00:00Z", **others: Any):
    buyer = {} if customer is None else {"customer": {"id": customer, "updated_at": at}}
    body = {"id": order_id, "created_at": at, "updated_at": at, "currency": "NOK", "current_total_price": total}
    return webhook("orders/create", body | buyer | others)


def customer(id_: int, at: str = "2026-02-01T00:00:00Z", **fields: Any) -> dict[str, Any]:
    return webhook("customers/update", {"id": id_, "updated_at": at, **fields})


def tagged(id_: int, tags: list[str], at: str) -> dict[str, Any]:
    gid = f"gid://shopify/Customer/{id_}"
    return webhook("customer.tags_added", {"customerId": gid, "tags": tags, "occurredAt": at})


def untagged(id_: int, tags: list[str], at: str) -> dict[str, Any]:
    gid = f"gid://shopify/Customer/{id_}"
    return webhook("customer.tags_removed", {"customerId": gid, "tags": tags, "occurredAt": at})


def deleted(id_: int, at: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
    return webhook("customers/delete", {"id": id_}, at=at)


def refund(order_id: int, at: str) -> dict[str, Any]:
    paid = {"kind": "refund", "status": "success", "amount": "4.00"}
    return webhook("refunds/create", {"id": 9, "order_id": order_id, "created_at": at, "transactions": [paid]})


def merged(deleted: int, kept: int, status: str = "completed", at: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
    gids = {f"admin_graphql_api_customer_{what}_id": f"gid://shopify/Customer/{id_}" for what, id_ in
            (("kept", kept), ("deleted", deleted))}  # fmt: skip
    return webhook("customers/merge", {**gids, "status": status, "errors": []}, at=at)


def opened(customer_id: str, event_id: str, at: str = "2026-02-20T10:00:00Z") -> dict[str, Any]:
    event = {"id": event_id, "type": "shopify_email.opened", "at": at, "properties": {"activity_id": "99"}}
    document = {"id": customer_id, "as_of": "2026-02-20T10:00:00Z", "events": [event]}
    return {"kind": "document", "shop": SHOP, "received_at": "2026-03-01T12:00:00Z", "document": document}


def segment(stack: Stack, name: str, query: str) -> reads.Segment:
    return service.create(stack.tables, SHOP, name, query, NOW, stack.work_queue_url)


def names(stack: Stack, customer_id: str) -> list[str]:
    return [one.name for one in reads.segments_of(stack.tables, SHOP, customer_id, NOW).segments]


def known(stack: Stack, customer_id: str) -> Any:
    return facts.load(stack.tables.customers, SHOP, customer_id).customer


def under(stack: Stack, customer_id: str) -> list[str]:
    pk = keys.customer(SHOP, customer_id)
    return sorted(item["sk"] for item in stack.items(stack.tables.customers) if item["pk"] == pk)


def flips(streams: Streams) -> list[tuple[str, str, str]]:
    return [(one.detail["customer_id"], one.detail["change"], one.detail["cause"]) for one in streams.told]


def test_a_merged_customer_leaves_and_goes_on_as_the_one_that_was_kept(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    two_orders = segment(shop, "Two orders", "number_of_orders >= 2")
    segment(shop, "One order", "number_of_orders = 1")
    ingest(context, order(1, 1), order(2, 2), opened("2", "e1"), tagged(2, ["vip"], "2026-02-21T00:00:00Z"))
    streams.quiet()
    assert names(shop, "1") == names(shop, "2") == ["One order"]
    streams.told.clear()

    ingest(context, merged(2, 1))
    streams.quiet()

    assert names(shop, "1") == ["Two orders"]
    assert names(shop, "2") == ["Two orders"]
    assert reads.segments_of(shop.tables, SHOP, "2", NOW).customer_id == "1"
    why = explanations.explain(shop.tables, SHOP, two_orders.id, "2", NOW)
    assert (why.customer_id, why.member) == ("1", True)
    kept = known(shop, "1")
    assert ([o.id for o in kept.orders], kept.tags, [e.id for e in kept.events]) == (["1", "2"], ("vip",), ["e1"])
    assert under(shop, "2") == [keys.PROFILE]
    assert sorted(flips(streams)) == [("1", "enter", "fact"), ("1", "leave", "fact"), ("2", "leave", "merge")]


def test_the_old_id_is_answered_under_the_new_one(
    shop: Stack, context: SimpleNamespace, streams: Streams, api: ApiCaller
) -> None:
    buyers = segment(shop, "Buyers", "number_of_orders >= 1").id
    ingest(context, order(1, 1), order(2, 2), order(3, 3), order(4, 4))
    streams.quiet()
    ingest(context, merged(2, 1), merged(1, 3))
    streams.quiet()

    one = api("POST", "/customers/2/memberships", {"segments": [buyers]}).body
    assert (one["customer_id"], [it["member"] for it in one["memberships"]]) == ("3", [True])
    assert api("GET", "/customers/2/segments").body["customer_id"] == "3"
    # Two ids of one person are one answer, in the place of the first.
    asked = ["2", "nobody", "4", "3", "1", "nobody"]
    many = api("POST", f"/segments/{buyers}/memberships", {"customers": asked}).body
    assert [(it["customer_id"], it["member"]) for it in many["memberships"]] == [("3", True), ("4", True)]
    assert all(it["since"] for it in many["memberships"])
    assert many["unknown"] == ["nobody"]

    ingest(context, redact(3, None))
    streams.quiet()
    gone = api("POST", f"/segments/{buyers}/memberships", {"customers": ["2", "4"]}).body
    assert ([it["customer_id"] for it in gone["memberships"]], gone["unknown"]) == (["4"], ["2"])


def test_a_merge_is_known_to_explanations_before_it_is_evaluated(
    shop: Stack, context: SimpleNamespace, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyers = segment(shop, "Buyers", "number_of_orders >= 1").id
    ingest(context, order(1, 1), order(2, 2))
    streams.quiet()
    ingest(context, merged(2, 1))

    assert explanations.explain(shop.tables, SHOP, buyers, "2", NOW).customer_id == "1"
    ahead = back = timedelta(days=1)
    assert explanations.timeline(shop.tables, SHOP, "2", NOW, back, ahead).customer_id == "1"

    # Of somebody who was never evaluated all facts are read once.
    ingest(context, order(3, 3))
    read: list[str] = []
    load = facts.load
    monkeypatch.setattr(facts, "load", lambda *told: read.append(told[2]) or load(*told))
    assert explanations.explain(shop.tables, SHOP, buyers, "3", NOW).member
    assert explanations.timeline(shop.tables, SHOP, "3", NOW, back, ahead).customer_id == "3"
    assert read == ["3", "3"]


def test_what_is_told_of_the_old_id_goes_to_the_new_one(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ingest(context, customer(1, email="new@example.com"), customer(2, email="old@example.com"), merged(2, 1))
    streams.quiet()

    ingest(
        context,
        order(5, 2),
        opened("2", "e1"),
        customer(2, "2026-02-28T00:00:00Z", email="old@example.com", phone="+4712345678"),
        refund(5, "2026-02-27T00:00:00Z"),
    )
    streams.quiet()

    kept = known(shop, "1")
    assert (kept.email, kept.phone) == ("new@example.com", "+4712345678")
    assert [(o.id, len(o.refunds)) for o in kept.orders] == [("5", 1)]
    assert [e.id for e in kept.events] == ["e1"]
    assert under(shop, "2") == [keys.PROFILE]


def test_what_is_told_of_an_order_before_it_followed_a_merge_keeps_what_was_known(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ingest(context, order(5, 2), refund(5, "2026-02-27T00:00:00Z"), customer(1))
    streams.quiet()

    # Nobody has looked at the old id in between.
    ingest(context, merged(2, 1), order(5, 2, "8.00", updated_at="2026-02-21T00:00:00Z"))
    streams.quiet()

    (kept,) = known(shop, "1").orders
    assert (kept.id, kept.total, len(kept.refunds)) == ("5", Decimal("8.00"), 1)
    assert under(shop, "2") == [keys.PROFILE]


STORY = [
    customer(1, email="kept@example.com"),
    customer(2, "2026-02-05T00:00:00Z", email="gone@example.com", first_name="Gone", tags="vip, old"),
    order(5, 2),
    tagged(1, ["kept"], "2026-02-06T00:00:00Z"),
    merged(2, 1),
    # Who was merged is deleted by that.
    deleted(2),
]


def test_every_order_of_arrival_ends_alike(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ends = []
    for number, arrival in enumerate(permutations(STORY)):
        if number % 60:
            continue
        base = 100 * (number + 1)
        ingest(context, *(renumbered(one, base) for one in arrival))
        streams.quiet()
        found = known(shop, str(base + 1))
        ends.append((found.email, found.first_name, found.tags, len(found.orders)))
        assert under(shop, str(base + 2)) == [keys.PROFILE]

    assert set(ends) == {("kept@example.com", "Gone", ("kept", "old", "vip"), 1)}
    assert parked(shop) == []


def renumbered(message: dict[str, Any], base: int) -> dict[str, Any]:
    """The same story of other people."""
    body = json.loads(message["body"])
    for key, value in [*body.items()]:
        if isinstance(value, str) and value.startswith("gid://shopify/Customer/"):
            body[key] = f"gid://shopify/Customer/{base + int(value.rpartition('/')[2])}"
        elif key == "id":
            body[key] = base + value
    if "customer" in body:
        body["customer"] = body["customer"] | {"id": base + body["customer"]["id"]}
    return message | {"body": json.dumps(body)}


def test_merges_of_merges_lead_to_the_last(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, order(1, 1), order(2, 2), order(3, 3))
    streams.quiet()
    ingest(context, merged(1, 2))
    streams.quiet()
    ingest(context, merged(2, 3), order(4, 1))
    streams.quiet()

    assert sorted(o.id for o in known(shop, "3").orders) == ["1", "2", "3", "4"]
    assert reads.segments_of(shop.tables, SHOP, "1", NOW).customer_id == "3"


CHAIN = [
    customer(1, email="first@example.com", phone="+4711111111", tags="a, b"),
    customer(2, email="second@example.com", first_name="Second"),
    order(5, 1),
    order(6, 2),
    merged(1, 2, at="2026-03-01T12:01:00Z"),
    deleted(1, "2026-03-01T12:01:00Z"),
    untagged(2, ["a"], "2026-03-01T12:02:00Z"),
    merged(2, 3, at="2026-03-01T12:03:00Z"),
    deleted(2, "2026-03-01T12:03:00Z"),
]


def test_a_chain_of_merges_ends_alike_in_every_order_of_arrival(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ends, chance = [], Random(1)
    for number in range(12):
        base = 100 * (number + 1)
        for one in chance.sample(CHAIN, len(CHAIN)):
            ingest(context, renumbered(one, base))
            if chance.random() < 0.5:
                streams.quiet()
        streams.quiet()
        found = known(shop, str(base + 3))
        fields = (found.email, found.phone, found.first_name, found.tags)
        ends.append((*fields, [int(one.id) - base for one in found.orders]))
        assert under(shop, str(base + 1)) == under(shop, str(base + 2)) == [keys.PROFILE]

    # What was taken away between the two merges does not come with the second.
    assert ends == [("second@example.com", "+4711111111", "Second", ("b",), [5, 6])] * 12
    assert parked(shop) == []


@pytest.mark.parametrize("arrival", [*permutations(range(3))])
def test_a_demand_by_an_old_id_forgets_who_that_is_now(
    arrival: tuple[int, ...], shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    """Stores merge nobody who was redacted, so the demand is the last of the three, however they arrive."""
    ingest(context, customer(1, first_name="Planted"), customer(2, first_name="Planted"), order(3, 3))
    streams.quiet()
    told = [merged(1, 2), merged(2, 3), redact(1, None)]

    for number in arrival:
        ingest(context, told[number])
        streams.quiet()

    for one in ("1", "2", "3"):
        assert known(shop, one) is None
        assert under(shop, one) == [keys.PROFILE]
    assert "Planted" not in json.dumps(shop.items(shop.tables.customers), default=str)


def test_a_deleted_customer_is_seen_by_nobody_and_kept_for_a_day(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    segment(shop, "Buyers", "number_of_orders >= 1")
    ingest(context, order(1, 1), customer(1, first_name="Planted"))
    streams.quiet()
    ingest(context, deleted(1))
    streams.quiet()
    # Not even what comes late brings them back.
    ingest(context, order(2, 1), customer(1, "2026-03-02T00:00:00Z", first_name="Planted"))
    streams.quiet()

    assert flips(streams) == [("1", "enter", "fact"), ("1", "leave", "erasure")]
    assert (known(shop, "1"), shop.items(shop.tables.history)) == (None, [])
    with pytest.raises(NotFound):
        names(shop, "1")
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert stored.due == NOW + profiles.REST

    evaluate_all(shop.tables, SHOP, ["1"], stored.due, "clock")
    streams.quiet()

    assert under(shop, "1") == [keys.PROFILE]
    assert "Planted" not in json.dumps(shop.items(shop.tables.customers), default=str)
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.erased, stored.due) == (True, None)


def test_a_redacted_customer_does_not_rest(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, order(1, 1), deleted(1))
    streams.quiet()
    ingest(context, redact(1, None))
    streams.quiet()

    assert under(shop, "1") == [keys.PROFILE]


def test_a_refund_that_comes_alone_before_its_order_moves_away_from_the_deleted_is_kept(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ingest(context, order(5, 1), deleted(1))
    streams.quiet()
    ingest(context, refund(5, "2026-02-25T00:00:00Z"))
    streams.quiet()
    ingest(context, order(5, 2, at="2026-02-21T00:00:00Z"))
    streams.quiet()

    assert [(one.id, len(one.refunds)) for one in known(shop, "2").orders] == [("5", 1)]


def test_of_the_redacted_nothing_is_kept_and_the_body_that_follows_a_refund_says_all(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ingest(context, order(5, 1), redact(1, None))
    streams.quiet()
    ingest(context, refund(5, "2026-02-25T00:00:00Z"))
    streams.quiet()
    ingest(context, order(5, 2, at="2026-02-21T00:00:00Z"))
    assert not any("4.00" in item.get("facts", "") for item in shop.items(shop.tables.customers))

    paid = {"kind": "refund", "status": "success", "amount": "4.00"}
    refunds = [{"id": 9, "created_at": "2026-02-25T00:00:00Z", "transactions": [paid]}]
    ingest(context, order(5, 2, "6.00", at="2026-02-25T00:00:00Z", refunds=refunds))
    streams.quiet()

    assert [(one.id, len(one.refunds)) for one in known(shop, "2").orders] == [("5", 1)]


def test_contradicting_merges_end_with_the_first(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, order(1, 1), order(2, 2), merged(1, 2), merged(2, 1), merged(1, 3))
    streams.quiet()

    assert sorted(o.id for o in known(shop, "2").orders) == ["1", "2"]
    assert known(shop, "3") is None


@pytest.mark.parametrize("status", ["failed", "", None])
def test_a_merge_that_was_not_completed_is_none(
    status: str | None, shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    ingest(context, order(1, 1), order(2, 2), merged(1, 2, status))  # type: ignore[arg-type]
    streams.quiet()

    assert [o.id for o in known(shop, "1").orders] == ["1"]
    assert parked(shop) == []


def test_deleting_the_old_id_of_a_merge_harms_nobody(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, order(1, 1), merged(1, 2), deleted(1))
    streams.quiet()

    assert [o.id for o in known(shop, "2").orders] == ["1"]


def redact(id_: int | None, email: str | None, *orders: int) -> dict[str, Any]:
    person = {"id": id_, "email": email, "phone": None}
    return webhook("customers/redact", {"shop_id": 1, "customer": person, "orders_to_redact": [*orders]})


def test_redacting_a_customer_leaves_nothing_but_tombstones(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    segment(shop, "Buyers", "number_of_orders >= 1")
    ingest(
        context,
        customer(1, email="planted@example.com", first_name="Planted", tags="planted"),
        order(1, 1, "123.45"), order(2, None, "123.45", email="Planted@Example.com"),
        opened("1", "planted-event"), customer(2, email="planted@example.com"), merged(2, 1),
    )  # fmt: skip
    streams.quiet()
    streams.told.clear()

    ingest(context, redact(2, "planted@example.com", 1, 2))
    streams.quiet()
    told_late = [
        customer(1, "2026-03-01T00:00:00Z", email="planted@example.com"),
        order(1, 1, "123.45"),
        order(2, None, "123.45", email="planted@example.com"),
        order(3, 2, "123.45"),
        opened("2", "planted-event"),
    ]
    ingest(context, *told_late)
    streams.quiet()

    everything = json.dumps([shop.items(table) for table in tables(shop)], default=str)
    for planted in ("planted", "Planted", "123.45"):
        assert planted not in everything
    assert flips(streams) == [("1", "leave", "erasure")]
    assert "planted" not in json.dumps([one.detail for one in streams.told], default=str).lower()
    assert not shop.items(shop.tables.history)
    assert not [item for item in shop.items(shop.tables.members) if item["member"]]
    with pytest.raises(Exception, match="there is no customer"):
        names(shop, "2")


def tables(stack: Stack) -> list[str]:
    known = stack.tables
    return [known.customers, known.memberships, known.members, known.history, known.segments]


def test_a_large_customer_is_worked_off_a_page_at_a_time(
    shop: Stack, context: SimpleNamespace, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "PAGE", 5)
    monkeypatch.setattr(clearing, "PAGES_A_TURN", 2)
    orders = [{"id": f"o{n}", "created_at": "2026-02-01T00:00:00Z"} for n in range(33)]
    document = {"id": "1", "as_of": "2026-02-01T00:00:00Z", "orders": orders}
    ingest(context, {"kind": "document", "shop": SHOP, "received_at": "2026-03-01T12:00:00Z", "document": document})
    ingest(context, merged(1, 2))
    streams.quiet()
    assert len(known(shop, "2").orders) == 33

    ingest(context, redact(2, None))
    streams.quiet()

    assert under(shop, "2") == under(shop, "1") == [keys.PROFILE]
    assert len([item for item in shop.items(shop.tables.customers) if item["sk"] == keys.ORDER_POINTER]) == 33


def test_memberships_of_the_merged_say_where_they_went(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, order(1, 1), merged(1, 2))
    streams.quiet()

    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.erased, stored.into, stored.bits, stored.cause) == (True, "2", 0, "merge")
