"""`evaluate` and `sweep` on moto: what wakes them, what they commit, what they pass on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core import clock
from segment_core.errors import Contention
from segment_core.ingest import messages
from segment_core.membership import rules
from segment_core.membership import sweep as sweeping
from segment_core.membership.evaluate import Outcome, Round, evaluate_all
from segment_core.model.generation import LiveDefinition
from segment_core.model.membership import Cause
from segment_core.record import replace
from segment_core.segments import service
from segment_core.segments.shops import put_shop
from segment_core.store import client, facts, generations, keys, memberships, segments
from tests.functional.conftest import NOW, Stack, load_function
from tests.functional.customers import SHOP, customer_with_order, message, names, recent, store, stream_record


def test_a_stream_record_brings_its_customer_up_to_date(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    answer = load_function("evaluate").handler({"Records": [stream_record("1"), stream_record("1")]}, context)
    assert answer == {"batchItemFailures": []}
    assert names(shop, "1") == ["Recent"]
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.version, stored.cause, stored.effective_at) == (1, "fact", NOW)
    assert stored.due == datetime(2026, 3, 22, 23, tzinfo=UTC)


def test_what_a_bulk_writer_marked_goes_to_the_work_queue_once(shop: Stack, context: SimpleNamespace) -> None:
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    marked = [stream_record("1", bulk=True), stream_record("1", bulk=True)]
    load_function("evaluate").handler({"Records": marked}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") is None
    (passed_on,) = shop.messages(shop.work_queue_url)
    assert passed_on == {"kind": "evaluate", "shop": SHOP, "customer": "1", "cause": "fact"}
    load_function("evaluate").handler({"Records": [message(passed_on)]}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") is not None


def test_the_sweep_queues_who_is_due_and_the_move_has_its_exact_instant(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate = load_function("evaluate")
    evaluate.handler({"Records": [stream_record("1")]}, context)
    due = datetime(2026, 3, 22, 23, tzinfo=UTC)
    tables = shop.tables
    assert sweeping.next_due(tables.segments, tables.memberships) == due
    clock.use(lambda: due - timedelta(seconds=1))
    assert load_function("sweep").handler({}, context) == {"queued": 0}
    clock.use(lambda: due + timedelta(hours=5))
    assert load_function("sweep").handler({}, context) == {"queued": 1}
    evaluate.handler({"Records": [message(body) for body in shop.messages(shop.work_queue_url)]}, context)
    stored = memberships.read(tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.bits, stored.cause, stored.effective_at, stored.due) == (0, "clock", due, None)
    assert sweeping.next_due(tables.segments, tables.memberships) is None


def test_customers_who_are_queued_again_while_they_wait_cost_no_evaluation(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times as many become due as one minute can serve, and each is served once."""
    monkeypatch.setattr(sweeping, "CUSTOMERS_PER_SWEEP", 10)
    recent(shop)
    customers = [str(number) for number in range(20)]
    for customer in customers:
        store(shop, customer_with_order(customer, "2026-02-20T10:00:00Z"))
    evaluate_all(shop.tables, SHOP, customers, NOW, "fact")
    clock.use(lambda: datetime(2026, 3, 22, 23, tzinfo=UTC))
    evaluated: list[str] = []
    load = facts.load

    def noted(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        evaluated.append(customer)
        return load(table, shop_id, customer, *needed)

    monkeypatch.setattr(facts, "load", noted)
    evaluate, sweep = load_function("evaluate"), load_function("sweep")
    waiting: list[dict[str, Any]] = []
    for minute in range(1, 5):
        sweep.handler({}, context)
        waiting += shop.messages(shop.work_queue_url)
        while waiting and len(evaluated) < 5 * minute:
            evaluate.handler({"Records": [message(body) for body in waiting[:5]]}, context)
            waiting = waiting[5:]
    assert sorted(evaluated) == sorted(customers)


def test_a_failed_record_is_reported_and_does_not_stop_the_others(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    stranger = {**message({"kind": "guess"}), "messageId": "m0"}
    known = message({"kind": "evaluate", "shop": SHOP, "customer": "1", "cause": "fact"})
    answer = load_function("evaluate").handler({"Records": [stranger, known]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert names(shop, "1") == ["Recent"]


def test_an_erased_customer_leaves_everything_and_stays_out(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate = load_function("evaluate")
    evaluate.handler({"Records": [stream_record("1")]}, context)
    erasure = {
        "kind": "webhook",
        "shop": SHOP,
        "topic": "customers/redact",
        "received_at": "2026-03-01T12:00:00Z",
        "triggered_at": "2026-03-01T12:00:00Z",
        "body": '{"customer": {"id": 1}}',
    }
    for fact in messages.read(json.dumps(erasure)).facts:
        facts.merge(shop.tables.customers, SHOP, fact)
    evaluate.handler({"Records": [stream_record("1")]}, context)
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.bits, stored.due, stored.cause, stored.erased) == (0, None, "erasure", True)
    store(shop, customer_with_order("1", "2026-02-28T10:00:00Z"))
    evaluate.handler({"Records": [stream_record("1")]}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") == stored
    left = [item for item in shop.items(shop.tables.customers) if item["pk"] == keys.customer(SHOP, "1")]
    assert [item["sk"] for item in left] == [keys.PROFILE]


def test_a_slower_evaluation_that_read_older_facts_starts_over(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    recent(shop)
    store(shop, {"id": "1", "as_of": "2026-03-01T00:00:00Z"})
    load, nested = facts.load, []

    def overtaken(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        seen = load(table, shop_id, customer, *needed)
        if not nested:
            nested.append(True)
            store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
            evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")
        return seen

    monkeypatch.setattr(facts, "load", overtaken)
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")
    assert names(shop, "1") == ["Recent"]


def test_a_fact_is_evaluated_for_even_after_the_clock_in_one_batch(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    causes: list[str] = []
    evaluate = Round.evaluate

    def noted(self: Round, customer: str, cause: Cause, *, restamp: bool = False) -> Outcome:
        causes.append(cause)
        return evaluate(self, customer, cause, restamp=restamp)

    monkeypatch.setattr(Round, "evaluate", noted)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    body = {"kind": "evaluate", "shop": SHOP, "customer": "1"}
    batch = [message({**body, "cause": cause}) for cause in ("clock", "fact", "fact", "clock")]
    load_function("evaluate").handler({"Records": batch}, context)
    assert causes == ["clock", "fact"]


def test_one_shop_does_not_keep_the_sweep_from_the_others(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_shop(
        shop.tables,
        "other",
        domain="other.example.com",
        zone="UTC",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    due = memberships.due

    def broken(table: str, shop_id: str, at: datetime) -> Any:
        if shop_id == SHOP:
            raise RuntimeError("the index of this shop is out of reach")
        return iter([memberships.Due("9", at)]) if shop_id == "other" else due(table, shop_id, at)

    monkeypatch.setattr(memberships, "due", broken)
    with pytest.raises(RuntimeError, match="out of reach"):
        load_function("sweep").handler({}, context)
    assert [body["shop"] for body in shop.messages(shop.work_queue_url)] == ["other"]


def test_an_evaluation_overtaken_by_a_new_definition_answers_for_it_too(
    shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    commit, nested = memberships.commit, []

    def overtaken(*arguments: Any) -> bool:
        if not nested:
            nested.append(True)
            recent(shop)
            # As if the walk had passed before this customer had anything to be read.
            client.delete(shop.tables.memberships, {"pk": keys.customer(SHOP, "1")})
        return commit(*arguments)

    monkeypatch.setattr(memberships, "commit", overtaken)
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")
    assert names(shop, "1") == ["Recent"]


def test_time_that_nobody_served_is_caught_up_under_the_rules_of_then(shop: Stack) -> None:
    """The window ended at midnight in Oslo; nobody looked until the shop had moved to New York, days later."""
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")
    in_oslo, moved = datetime(2026, 3, 22, 23, tzinfo=UTC), datetime(2026, 3, 25, 12, tzinfo=UTC)
    clock.use(lambda: moved)
    settings_of_new_york(shop, moved)

    commits: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        commit = memberships.commit
        patch.setattr(memberships, "commit", lambda *told: commits.append(told[-1]) or commit(*told))
        evaluate_all(shop.tables, SHOP, ["1"], moved + timedelta(minutes=1), "fact")

    assert [(one.cause, one.effective_at) for one in commits[:-1]] == [("clock", in_oslo)]
    before, *_, after = (one.generation for one in commits)
    assert before < after
    assert commits[-1].effective_at > in_oslo
    assert commits[-1].bits == 0


def test_of_texts_that_no_definition_has_any_more_nothing_is_remembered(shop: Stack) -> None:
    segment = recent(shop).id
    for days in (20, 10):
        service.change(
            shop.tables, SHOP, segment, NOW, shop.build_machine_arn,
            editions=None, text=f"last_order_date >= -{days}d",
        )  # fmt: skip
        newest = generations.newest(shop.tables.segments, SHOP)
        rules.rules_of(shop.tables.segments, SHOP, newest)
        kept = rules._kept[shop.tables.segments, SHOP]
        assert kept.queries.keys() == {live.text for live in newest.live}


def test_nothing_is_worked_out_anew_for_a_generation_that_is_read_anew(
    shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent(shop)
    table = shop.tables.segments
    first = rules.rules_of(table, SHOP, generations.newest(table, SHOP))
    monkeypatch.setattr(rules, "_renewed", None)
    newest = generations.newest(table, SHOP)
    assert rules.rules_of(table, SHOP, newest) is first
    rules.shop_asked(table, SHOP, newest, ())


def test_a_generation_of_the_same_number_is_not_the_one_that_was_kept(shop: Stack) -> None:
    """A shop that was erased and made again begins to count anew."""
    recent(shop)
    newest = generations.newest(shop.tables.segments, SHOP)
    assert rules.rules_of(shop.tables.segments, SHOP, newest).shop.currency == newest.currency
    again = replace(newest, currency="SEK")
    assert rules.rules_of(shop.tables.segments, SHOP, again).shop.currency == "SEK"


def test_what_was_read_is_kept_when_a_newer_generation_cannot_be_read(shop: Stack) -> None:
    recent(shop)
    table = shop.tables.segments
    newest = generations.newest(table, SHOP)
    rules.rules_of(table, SHOP, newest)
    gone = replace(newest, number=newest.number + 1, live=(*newest.live, LiveDefinition("gone", 1, 9)))
    with pytest.raises(Contention):
        rules.rules_of(table, SHOP, gone)
    assert rules._kept[table, SHOP].generation == newest


def test_rules_of_then_leave_out_what_is_deleted_while_they_are_read(
    shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts are read once, so that nothing can be there the first time and gone the second."""
    recent(shop)
    table = shop.tables.segments
    newest = generations.newest(table, SHOP)
    rules.rules_then.cache_clear()
    monkeypatch.setattr(rules, "_kept", {})
    read = iter([segments.all_texts(table, SHOP), {}])
    monkeypatch.setattr(segments, "all_texts", lambda *_: next(read))
    assert rules.rules_then(table, SHOP, newest.number).rule(newest.live[0].slot) is not None
    rules.rules_then.cache_clear()
    assert rules.rules_then(table, SHOP, newest.number).rule(newest.live[0].slot) is None


def test_an_evaluation_is_no_older_than_the_generation_it_answers(shop: Stack) -> None:
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    recent(shop)

    evaluate_all(shop.tables, SHOP, ["1"], NOW - timedelta(seconds=5), "fact")

    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert stored.effective_at == NOW


def settings_of_new_york(stack: Stack, at: datetime) -> None:
    """The shop's zone, changed and built, with the customers left as they are."""
    put_shop(
        stack.tables,
        SHOP,
        domain="demo.example.com",
        zone="America/New_York",
        currency="NOK",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=at,
    )
