"""What a store says of its own shop, and which shop an event of a partner bus belongs to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.errors import Conflict
from segment_core.privacy import shops as erasing
from segment_core.segments import service
from segment_core.segments.domains import DOMAINS_LAST, Domains
from segment_core.store import facts, generations, jobs, shops
from tests.unit.ingest.bodies import sample

from .conftest import NOW, REPOSITORY, Stack, load_function
from .test_ingest import SHOP, batch, make_shop, parked, webhook

DOMAIN = "demo-shop.myshopify.com"


def told(**changes: Any) -> dict[str, Any]:
    return webhook("shop/update", sample("shop/update") | changes)


def take(context: SimpleNamespace, *bodies: Any) -> None:
    assert load_function("ingest").handler(batch(*bodies), context) == {"batchItemFailures": []}


@pytest.fixture(autouse=True)
def shop(stack: Stack) -> None:
    make_shop(stack, SHOP)


def test_the_stores_zone_and_currency_are_taken_over_and_everybody_is_evaluated_anew(
    stack: Stack, context: SimpleNamespace
) -> None:
    service.create(stack.tables, SHOP, "Recent", "last_order_date > -30d", NOW, stack.build_machine_arn)
    before = generations.current(stack.tables.segments, SHOP)
    assert before is not None

    take(context, told(currency="USD"))

    record, generation = shops.existing(stack.tables.segments, SHOP), generations.current(stack.tables.segments, SHOP)
    assert generation is not None
    assert (record.zone, record.currency) == ("Europe/Amsterdam", "USD")
    assert (record.domain, record.created_at) == (DOMAIN, datetime(2026, 1, 1, tzinfo=UTC))
    assert generation.number == before.number + 1
    assert generation.settings == before.settings, "readers see the old settings until everything was built anew"
    assert generation.pending is not None
    assert (generation.pending.zone, generation.pending.currency) == ("Europe/Amsterdam", "USD")
    assert [job.shop for job in jobs.unfinished(stack.tables.segments)] == [SHOP]


def test_duplicates_and_what_was_overtaken_change_nothing(stack: Stack, context: SimpleNamespace) -> None:
    take(context, told())
    take(context, told(), told(updated_at="2026-02-17T07:00:00+01:00", iana_timezone="Asia/Tokyo"))

    generation = generations.current(stack.tables.segments, SHOP)
    assert generation is not None
    assert (generation.number, generation.zone) == (2, "Europe/Amsterdam")


def test_what_was_said_before_the_same_was_said_again_changes_nothing(stack: Stack, context: SimpleNamespace) -> None:
    take(context, told(iana_timezone="UTC", updated_at="2026-02-17T09:00:00+01:00"))
    take(context, told(iana_timezone="Asia/Tokyo", updated_at="2026-02-17T08:00:00+01:00"))

    assert shops.existing(stack.tables.segments, SHOP).zone == "UTC"


def test_of_two_that_are_taken_over_at_once_the_later_stays(
    stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = shops.existing

    def overtaken(*asked: Any) -> Any:
        record = read(*asked)
        monkeypatch.setattr(shops, "existing", read)
        take(context, told(iana_timezone="Europe/Oslo", updated_at="2026-02-17T09:00:00+01:00"))
        return record

    monkeypatch.setattr(shops, "existing", overtaken)
    late = batch(told(iana_timezone="Asia/Tokyo", updated_at="2026-02-17T08:00:00+01:00"))
    answer = load_function("ingest").handler(late, context)

    assert len(answer["batchItemFailures"]) == 1
    assert load_function("ingest").handler(late, context) == {"batchItemFailures": []}
    assert shops.existing(stack.tables.segments, SHOP).zone == "Europe/Oslo"


def test_what_a_merchant_saves_meanwhile_stays(
    stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if that is dated as the record before it: clocks stand still, or go back."""
    save, before = shops.save, shops.existing(stack.tables.segments, SHOP)

    def late(*arguments: Any, **options: Any) -> bool:
        monkeypatch.setattr(shops, "save", save)
        make_shop(stack, SHOP, "moved.example.com")
        assert shops.existing(stack.tables.segments, SHOP).updated_at == before.updated_at
        return save(*arguments, **options)

    monkeypatch.setattr(shops, "save", late)
    answer = load_function("ingest").handler(batch(told()), context)
    assert len(answer["batchItemFailures"]) == 1
    take(context, told())

    record = shops.existing(stack.tables.segments, SHOP)
    assert (record.domain, record.zone) == ("moved.example.com", "Europe/Amsterdam")


@pytest.mark.parametrize("by", ["merchant", "store"])
def test_a_shop_that_is_erased_meanwhile_stays_erased(
    stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    save = shops.save

    def late(*arguments: Any, **options: Any) -> bool:
        monkeypatch.setattr(shops, "save", save)
        assert erasing.begin(stack.tables, SHOP, NOW)
        return save(*arguments, **options)

    monkeypatch.setattr(shops, "save", late)
    if by == "merchant":
        with pytest.raises(Conflict):
            make_shop(stack, SHOP)
    else:
        load_function("ingest").handler(batch(told()), context)

    record = shops.read(stack.tables.segments, SHOP)
    assert record is not None
    assert record.erased_at == NOW


def test_what_it_does_not_say_stays(stack: Stack, context: SimpleNamespace) -> None:
    take(context, told(iana_timezone=None, currency="NOK"))

    record = shops.existing(stack.tables.segments, SHOP)
    assert (record.zone, record.currency) == ("UTC", "NOK")


def test_a_zone_that_no_calendar_has_is_parked(stack: Stack, context: SimpleNamespace) -> None:
    take(context, told(iana_timezone="Middle-earth/Shire"))

    ((code, reason, _),) = parked(stack)
    assert (code, "iana_timezone" in reason, "Shire" in reason) == ("not_understood", True, False)
    assert shops.existing(stack.tables.segments, SHOP).zone == "UTC"


def partner_event(name: str = "webhook") -> Any:
    return json.loads((REPOSITORY / "events" / "partner-bus" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["webhook", "event"])
def test_an_event_of_a_partner_bus_becomes_facts_of_the_shop_with_its_domain(
    stack: Stack, context: SimpleNamespace, name: str
) -> None:
    make_shop(stack, "another", "another.myshopify.com")

    take(context, partner_event(name), partner_event(name))

    assert parked(stack) == []
    customer = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert customer is not None
    assert customer.tags == ("newsletter", "VIP")
    assert facts.load(stack.tables.customers, "another", "8401").customer is None


def test_a_domain_that_no_shop_has_is_parked_and_so_is_one_that_two_have(
    stack: Stack, context: SimpleNamespace
) -> None:
    nobody = partner_event()
    nobody["detail"]["metadata"]["X-Shopify-Shop-Domain"] = "unknown.myshopify.com"
    take(context, nobody)
    make_shop(stack, "copy", DOMAIN)
    take(context, partner_event())

    assert [code for code, _, _ in parked(stack)] == ["shop_not_found", "shop_not_found"]
    assert facts.load(stack.tables.customers, SHOP, "8401").customer is None
    assert facts.load(stack.tables.customers, "copy", "8401").customer is None


def test_domains_are_remembered_for_a_while_and_new_ones_looked_for(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    by_domain = shops.by_domain
    monkeypatch.setattr(shops, "by_domain", lambda table: reads.append(table) or by_domain(table))
    domains = Domains(stack.tables.segments)

    assert [domains.shop_of(DOMAIN, NOW) for _ in range(3)] == [SHOP] * 3
    assert len(reads) == 1
    make_shop(stack, "new", "new.myshopify.com")
    assert domains.shop_of("new.myshopify.com", NOW) == "new"
    assert len(reads) == 2
    assert domains.shop_of(DOMAIN, NOW + DOMAINS_LAST) == SHOP
    assert domains.shop_of(DOMAIN, NOW - timedelta(days=1)) == SHOP
    assert len(reads) == 4
