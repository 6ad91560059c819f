"""Jobs: they end however often their time is up, whoever works on them, and whatever fails on the way."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from segment_core import clock
from segment_core.errors import Contention
from segment_core.membership import budget, evaluate
from segment_core.membership import jobs as working
from segment_core.membership.budget import SecondsLeft, unlimited
from segment_core.membership.evaluate import evaluate_all
from segment_core.model.generation import Generation
from segment_core.model.segment import Job
from segment_core.runtime import machine
from segment_core.segments import builds, progress, reads, service
from segment_core.segments.shops import put_shop
from segment_core.store import facts, generations, jobs, keys, members, memberships, segments
from tests.functional.builds import rest, run, started, work_off
from tests.functional.conftest import NOW, Stack, load_function
from tests.functional.customers import SHOP, customer_with_order, names, recent, store
from tidemark.stack.state_machine import TaskFailed

IN = "2026-02-20T10:00:00Z"


@pytest.fixture
def buyers(shop: Stack) -> list[str]:
    """Customers who bought a while ago, several in each of three slices of the roster and none in the others."""
    customers = [f"c{number}" for number in range(60) if keys.shard(f"c{number}", keys.ROSTER_SLICES) in (2, 3, 9)]
    for customer in customers:
        store(shop, customer_with_order(customer, IN))
    return customers


@pytest.fixture
def no_time_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests save what they ask for and leave all of the job to the work queue."""
    monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 0.0)


def for_customers(number: int) -> SecondsLeft:
    """Time for that many looks at the clock: one before each page, one after each customer."""
    looks = iter([1.0] * number)
    return lambda: next(looks, 0.0)


def job_of(stack: Stack, segment: str) -> Job | None:
    """The one job of the shop that concerns the segment, whatever it is called."""
    found = [jobs.read(stack.tables.segments, one.shop, one.id) for one in jobs.unfinished(stack.tables.segments)]
    assert len(found) <= 1
    return found[0] if found else None


def state(stack: Stack, segment: str) -> tuple[str, int | None]:
    found = reads.read(stack.tables, SHOP, segment, clock.now())
    return found.state, found.count


def listed(stack: Stack) -> list[str]:
    found, _ = reads.listing(stack.tables, SHOP, NOW, 10, None)
    return [one.id for one in found]


def failed(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Query")


# Time -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_time_for_requests")
def test_a_segment_is_built_to_its_end_though_no_invocation_ends_a_page(
    shop: Stack, buyers: list[str], context: SimpleNamespace
) -> None:
    segment = recent(shop).id
    assert state(shop, segment) == ("building", None)
    assert work_off(shop, context, lambda: for_customers(2)) > len(buyers) / 2
    assert state(shop, segment) == ("ready", len(buyers))
    assert {customer: names(shop, customer) for customer in buyers} == {customer: ["Recent"] for customer in buyers}
    newest = generations.current(shop.tables.segments, SHOP)
    assert newest is not None
    stored = memberships.read_all(shop.tables.memberships, SHOP, buyers)
    assert {one.generation for one in stored.values()} == {newest.number}
    assert job_of(shop, segment) is None


@pytest.mark.usefixtures("no_time_for_requests")
def test_pages_end_in_the_middle_of_a_slice_too(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "PAGE", 1)
    segment = recent(shop).id
    work_off(shop, context)
    assert state(shop, segment) == ("ready", len(buyers))


@pytest.mark.usefixtures("no_time_for_requests")
def test_what_was_done_of_a_page_is_not_done_again(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    looked_at: list[str] = []
    load = facts.load

    def noted(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        looked_at.append(customer)
        return load(table, shop_id, customer, *needed)

    monkeypatch.setattr(facts, "load", noted)
    for _ in range(len(buyers) + 2 * keys.ROSTER_SLICES):
        job = job_of(shop, segment)
        if job is None or job.step != "walk":
            break
        before = len(looked_at)
        working.work(shop.tables, SHOP, job.id, NOW, for_customers(1))
        assert len(looked_at) <= before + 1
    assert sorted(looked_at) == sorted(buyers)


@pytest.mark.usefixtures("no_time_for_requests")
def test_a_segment_is_withdrawn_to_its_end_though_no_invocation_ends_a_page(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    work_off(shop, context)
    assert len(shop.items(shop.tables.members)) == len(buyers)
    monkeypatch.setattr(working, "PAGE", 5)
    service.delete(shop.tables, SHOP, segment, NOW, shop.build_machine_arn)
    work_off(shop, context, lambda: for_customers(2))
    assert len(shop.items(shop.tables.members)) == len(buyers)
    rest(shop, context)
    work_off(shop, context, lambda: for_customers(2))
    assert {one.bits for one in memberships.read_all(shop.tables.memberships, SHOP, buyers).values()} == {0}
    assert shop.items(shop.tables.members) == []
    left = {item["sk"].split("#")[0] for item in shop.items(shop.tables.segments) if item["pk"] == SHOP}
    assert left == {"GENERATION", "SEGMENT"}


def test_changed_settings_reach_customers_whom_nothing_else_wakes(
    shop: Stack, buyers: list[str], context: SimpleNamespace
) -> None:
    recent(shop)
    put_shop(
        shop.tables,
        SHOP,
        domain="demo.example.com",
        zone="Pacific/Kiritimati",
        currency="NOK",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    assert load_function("sweep").handler({}, context) == {"queued": 1}
    work_off(shop, context, lambda: for_customers(2))
    stored = memberships.read_all(shop.tables.memberships, SHOP, buyers)
    # There the orders are of 21 February, which counts until the end of 23 March.
    due = datetime(2026, 3, 23, 10, tzinfo=UTC)
    assert {(one.cause, one.due) for one in stored.values()} == {("definition", due)}
    rest(shop, context)
    work_off(shop, context)
    assert list(jobs.unfinished(shop.tables.segments)) == []


def test_a_request_is_given_some_seconds_and_an_invocation_what_it_has_left() -> None:
    assert 0 < budget.lasting(5)() <= 5
    assert budget.lasting(0)() <= 0
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 40_000)
    assert budget.of_invocation(context, 25)() == 15


@pytest.mark.usefixtures("no_time_for_requests")
def test_progress_is_told_while_a_segment_is_built(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    seen: list[progress.Build] = []
    load = facts.load

    def looked(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        job = job_of(shop, segment)
        if job is not None and job.step == "walk":
            seen.append(progress.progress(job, "d", "q", NOW + timedelta(seconds=10)))
        return load(table, shop_id, customer, *needed)

    monkeypatch.setattr(facts, "load", looked)
    monkeypatch.setattr(working, "PAGE", 1)
    work_off(shop, context)
    assert [build.done for build in seen] == list(range(len(buyers)))
    assert {build.total for build in seen} == {len(buyers)}
    assert [build.seconds_left for build in seen] == [None, 50, 20, 10, 5, 2]
    assert reads.read(shop.tables, SHOP, segment, NOW).build is None


@pytest.mark.usefixtures("no_time_for_requests")
def test_the_total_is_known_although_the_request_came_to_the_end_of_some_parts(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    job = job_of(shop, segment)
    assert job is not None
    working.work(shop.tables, SHOP, job.id, NOW, for_customers(4))
    begun = job_of(shop, segment)
    assert begun is not None
    assert working.END in begun.places.values()
    seen: list[progress.Build] = []
    load = facts.load

    def looked(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        building = job_of(shop, segment)
        if building is not None and building.step == "walk":
            seen.append(progress.progress(building, "d", "q", NOW + timedelta(seconds=10)))
        return load(table, shop_id, customer, *needed)

    monkeypatch.setattr(facts, "load", looked)
    work_off(shop, context)
    assert 0 < seen[0].done < len(buyers)
    assert {build.total for build in seen} == {len(buyers)}
    assert None not in {build.seconds_left for build in seen}


@pytest.mark.usefixtures("no_time_for_requests")
def test_what_keeps_a_build_from_going_on_is_told(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    (asked,) = started(shop)
    with monkeypatch.context() as broken:
        broken.setattr(facts, "load", lambda *_: (_ for _ in ()).throw(Contention("others are in the way")))
        with pytest.raises(TaskFailed):
            run(asked, context, lambda: unlimited)
    build = reads.read(shop.tables, SHOP, segment, NOW).build
    assert build is not None
    assert build.error == "Contention"
    # An execution that is started anew, as the sweep does, comes to the end, and one more changes nothing.
    run(asked, context, lambda: unlimited)
    assert state(shop, segment) == ("ready", len(buyers))
    run(asked, context, lambda: unlimited)
    assert state(shop, segment) == ("ready", len(buyers))


@pytest.mark.usefixtures("no_time_for_requests")
@pytest.mark.parametrize("overtaken", [False, True])
@pytest.mark.parametrize("step", ["walk", "stamp"])
def test_an_execution_that_is_redriven_comes_to_the_same_end(
    shop: Stack,
    buyers: list[str],
    context: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    overtaken: bool,
) -> None:
    segment = recent(shop).id
    (asked,) = started(shop)
    commit, commits = memberships.commit, itertools.count(1)
    # Everybody is written once when walked, and once when told.
    last = 2 if step == "walk" else len(buyers) + 2

    def failing(*arguments: Any) -> bool:
        if next(commits) > last:
            raise Contention("others are in the way")
        return commit(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(memberships, "commit", failing)
        with pytest.raises(TaskFailed):
            run(asked, context, lambda: unlimited)
    job = job_of(shop, segment)
    assert job is not None
    assert job.step == step
    if overtaken:
        # The sweep did not wait for whoever redrives.
        run(asked, context, lambda: unlimited)
    given = {"step": step, "more": True, "parts": working.open_parts(job), "workers": 1}
    run({**asked, "at": given}, context, lambda: unlimited, begin_at="Parts")
    assert state(shop, segment) == ("ready", len(buyers))
    assert job_of(shop, segment) is None
    assert {customer: names(shop, customer) for customer in buyers} == {customer: ["Recent"] for customer in buyers}
    stored = memberships.read_all(shop.tables.memberships, SHOP, buyers)
    assert {(one.cause, one.version) for one in stored.values()} == {("definition", 2)}


# Side by side ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_time_for_requests")
def test_of_two_who_work_side_by_side_one_goes_on(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recent(shop).id
    (asked,) = started(shop)
    load, nested = facts.load, []

    def overtaken(table: str, shop_id: str, customer: str, *needed: Any) -> facts.Loaded:
        if not nested:
            nested.append(True)
            working.work(shop.tables, SHOP, asked["job"], NOW, unlimited)
        return load(table, shop_id, customer, *needed)

    monkeypatch.setattr(facts, "load", overtaken)
    run(asked, context, lambda: unlimited)
    assert state(shop, segment) == ("ready", len(buyers))
    assert job_of(shop, segment) is None


# Failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [Contention("gave way"), failed("ProvisionedThroughputExceededException"), ReadTimeoutError(endpoint_url="x")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_change_that_was_saved_is_made_whatever_fails_after_it(
    shop: Stack, buyers: list[str], context: SimpleNamespace, failure: Exception
) -> None:
    def failing(*arguments: Any) -> Any:
        raise failure

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(facts, "roster", failing)
        segment = recent(shop)
        gone = service.create(shop.tables, SHOP, "Gone", "number_of_orders > 0", NOW, shop.build_machine_arn)
        assert (segment.state, segment.count) == ("building", None)
        service.delete(shop.tables, SHOP, gone.id, NOW, shop.build_machine_arn)
    work_off(shop, context)
    assert state(shop, segment.id) == ("ready", len(buyers))
    assert names(shop, buyers[0]) == ["Recent"]
    assert listed(shop) == [segment.id]


def test_a_job_that_could_not_be_queued_is_found_by_the_sweep(
    shop: Stack, buyers: list[str], context: SimpleNamespace
) -> None:
    def failing(*arguments: Any) -> Any:
        raise failed("InternalError")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(facts, "roster", failing)
        broken.setattr(machine, "start", failing)
        segment = recent(shop).id
    assert started(shop) == []
    clock.use(lambda: NOW + timedelta(minutes=5))
    load_function("sweep").handler({}, context)
    work_off(shop, context)
    assert state(shop, segment) == ("ready", len(buyers))


def test_who_entered_under_older_rules_is_told_of_whoever_looks_next(
    shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(shop, customer_with_order("1", IN))
    with pytest.MonkeyPatch.context() as passed:
        # Published and announced, and neither the walk nor the announcement met the customer.
        passed.setattr(facts, "roster", lambda *_: ([], None))
        passed.setattr(evaluate.Round, "settle", lambda self: {})
        saved = generations.current

        def older(table: str, shop_id: str) -> Generation | None:
            return generations.numbered(table, shop_id, 2)

        recent(shop)
        passed.setattr(generations, "current", older)
        evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")
        passed.setattr(generations, "current", saved)
    before = memberships.read(shop.tables.memberships, SHOP, "1")
    assert before is not None
    assert (before.bits, before.generation) == (1, 2)
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "definition")
    after = memberships.read(shop.tables.memberships, SHOP, "1")
    assert after is not None
    assert (after.generation, after.cause) == (3, "definition")
    # What is told is not told again: rules that readers see alike need no new stamp.
    service.create(shop.tables, SHOP, "None", "amount_spent > 1000", NOW, shop.build_machine_arn)
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "definition")
    assert memberships.read(shop.tables.memberships, SHOP, "1") == after


def test_a_list_that_was_cleared_does_not_come_back_with_the_page_of_a_slow_walk(
    shop: Stack, buyers: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, nested = members.apply, []

    def overtaken(*arguments: Any) -> None:
        if not nested:
            nested.append(True)
            (segment,) = segments.after(shop.tables.segments, SHOP)
            service.delete(shop.tables, SHOP, segment.id, NOW, shop.build_machine_arn)
        apply(*arguments)

    monkeypatch.setattr(members, "apply", overtaken)
    with pytest.raises(Exception, match="there is no segment"):
        recent(shop)
    work_off(shop, context)
    rest(shop, context)
    work_off(shop, context)
    assert nested
    assert shop.items(shop.tables.members) == []
    assert [item for item in shop.items(shop.tables.segments) if item["sk"].startswith("COUNT")] == []
