"""Customers who come in one batch: what their evaluations share, and what each still has for itself."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import evaluate
from segment_core.membership.evaluate import evaluate_all
from segment_core.segments import service
from segment_core.store import client, facts, keys, memberships
from tests.functional.conftest import NOW, Stack, load_function
from tests.functional.customers import SHOP, customer_with_order, message, names, recent, store, stream_record

BEFORE = "2026-02-20T10:00:00Z"


def filled(shop: Stack, customers: int) -> list[str]:
    ids = [str(number) for number in range(customers)]
    for customer in ids:
        store(shop, customer_with_order(customer, BEFORE))
    return ids


def test_each_customer_costs_its_facts_and_its_commit(
    shop: Stack, calls: Counter[str], context: SimpleNamespace
) -> None:
    recent(shop)
    ids = filled(shop, 10)
    evaluate_all(shop.tables, SHOP, ids[:1], NOW, "fact")  # The definitions' texts are read once per process.
    calls.clear()
    answer = load_function("evaluate").handler({"Records": [stream_record(one) for one in ids]}, context)
    assert answer == {"batchItemFailures": []}
    # The generation is looked at before and after.
    assert calls == {"BatchGetItem": 1, "GetItem": 2, "Query": 10, "PutItem": 10}
    assert all(names(shop, one) == ["Recent"] for one in ids)


def test_who_was_overtaken_starts_over_alone(shop: Stack, calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    recent(shop)
    ids = filled(shop, 5)
    commit, overtaken = memberships.commit, []

    def late(table: str, shop_id: str, customer: str, *rest: Any) -> bool:
        if customer == "3" and not overtaken:
            overtaken.append(customer)
            evaluate_all(shop.tables, SHOP, ["3"], NOW, "fact")
        return commit(table, shop_id, customer, *rest)

    monkeypatch.setattr(memberships, "commit", late)
    outcomes = evaluate_all(shop.tables, SHOP, ids, NOW, "fact")
    assert {one: outcomes[one].membership for one in ids} == memberships.read_all(shop.tables.memberships, SHOP, ids)
    versions = {one: membership.version for one, (membership, _) in outcomes.items() if membership}
    assert versions == {"0": 1, "1": 1, "2": 1, "3": 2, "4": 1}


def test_all_who_were_committed_under_replaced_rules_answer_for_the_new_ones(
    shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(shop, 4)
    load, saved = facts.load, []

    def meanwhile(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        seen = load(table, shop_id, customer, *needed)
        if customer == "2" and not saved:
            saved.append(customer)
            recent(shop)
            # As if the walk had passed before anybody had anything to be read.
            for one in ids:
                client.delete(shop.tables.memberships, {"pk": keys.customer(SHOP, one)})
        return seen

    monkeypatch.setattr(facts, "load", meanwhile)
    evaluate_all(shop.tables, SHOP, ids, NOW, "fact")
    assert {one: names(shop, one) for one in ids} == {one: ["Recent"] for one in ids}


def test_a_message_that_comes_again_restamps_what_the_first_try_may_have_left(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (customer,) = filled(shop, 1)
    evaluate_all(shop.tables, SHOP, [customer], NOW, "fact")
    monkeypatch.setattr(evaluate.facts, "roster", lambda *_: ([], None))
    # Saved and published; no walk and no announcement ever meets the customer, nor is the customer in it.
    service.create(shop.tables, SHOP, "Spent", "amount_spent > 1000", NOW, shop.build_machine_arn)
    body = message({"kind": "evaluate", "shop": SHOP, "customer": customer, "cause": "clock"})
    generations = []
    for received in ("1", "2"):
        again = {**body, "attributes": {"ApproximateReceiveCount": received}}
        load_function("evaluate").handler({"Records": [again]}, context)
        stored = memberships.read(shop.tables.memberships, SHOP, customer)
        assert stored is not None
        generations.append(stored.generation)
    assert generations[0] < generations[1]
