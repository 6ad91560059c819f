"""Pages of members hold each of them once, in order, and cost the same however many have left."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from segment_core.record import replace
from segment_core.store import client, keys, members
from segment_core.store.members import Row
from segment_core.store.tables import Tables
from tests.functional.conftest import NOW

SHOP, DEFINITION = "demo", "aaa.1"


def write(tables: Tables, customers: dict[str, bool], version: int = 1) -> None:
    """Give those customers a row each: in, or out."""
    rows = [Row(DEFINITION, customer, member, NOW, version) for customer, member in customers.items()]
    members.apply(tables, SHOP, rows, NOW)


def pages(tables: Tables, limit: int) -> list[list[str]]:
    """All pages that cursors lead to."""
    found: list[list[str]] = []
    after: str | None = ""
    while after is not None:
        page = members.members(tables.members, SHOP, DEFINITION, after, limit)
        assert page.next is None or page.next > after, "a page that does not get on would be asked for again for ever"
        found.append([customer for customer, _ in page.members])
        after = page.next
    return found


@pytest.mark.parametrize("further", [(), (5, 2)])
@pytest.mark.parametrize("share", [0.05, 0.6])
def test_no_member_is_lost_or_shown_twice_among_many_who_are_out(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, further: tuple[int, ...], share: float
) -> None:
    monkeypatch.setattr(members, "FURTHER_ROUNDS", further)
    chance = random.Random(f"{further} {share}")
    customers = {str(number): chance.random() < share for number in chance.sample(range(1000), 50)}
    write(tables, customers)
    expected = sorted(customer for customer, member in customers.items() if member)
    for limit in (1, 7, 50):
        found = pages(tables, limit)
        assert [customer for page in found for customer in page] == expected
        assert all(len(page) <= limit for page in found)


def test_a_list_that_most_have_left_is_one_page(tables: Tables, calls: Counter[str]) -> None:
    write(tables, {f"{number:03d}": number == 119 for number in range(120)})
    calls.clear()
    assert pages(tables, 1) == [["119"]]
    # At first as many rows as would do if nobody were out, then many at a time.
    assert calls == {"Query": 2 * keys.LIST_SHARDS}


def test_one_request_passes_only_so_many_who_are_out(
    tables: Tables, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "FURTHER_ROUNDS", (5, 5))
    write(tables, {f"{number:03d}": number == 119 for number in range(120)})
    calls.clear()
    page = members.members(tables.members, SHOP, DEFINITION, "", 1)
    assert (page.members, page.next is None) == ([], False)
    assert calls == {"Query": 3 * keys.LIST_SHARDS}
    assert pages(tables, 1)[-1] == ["119"]


def test_a_page_reads_no_more_rows_than_it_says(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    query = client.client().query

    def measured(**request: object) -> object:
        asked.append(int(str(request["Limit"])))
        return query(**request)

    monkeypatch.setattr(client.client(), "query", measured)
    write(tables, {f"{number:03d}": True for number in range(40)})
    assert len(members.members(tables.members, SHOP, DEFINITION, "", 10).members) == 10
    assert sum(asked) == 11 * keys.LIST_SHARDS


def test_a_full_last_page_says_that_it_is_the_last(tables: Tables) -> None:
    write(tables, {str(number): True for number in range(10, 16)})
    assert [len(page) for page in pages(tables, 3)] == [3, 3]


def test_a_member_who_leaves_between_two_pages_breaks_neither(tables: Tables) -> None:
    write(tables, {str(number): True for number in range(10, 20)})
    first = members.members(tables.members, SHOP, DEFINITION, "", 5)
    assert first.next == "14"
    row = Row(DEFINITION, "14", False, NOW, 2)
    members.apply(tables, SHOP, [row, replace(row, customer="17")], NOW)
    second = members.members(tables.members, SHOP, DEFINITION, first.next, 5)
    assert [customer for customer, _ in second.members] == ["15", "16", "18", "19"]
    assert second.next is None


@pytest.mark.parametrize("seed", range(3))
def test_whoever_stays_is_on_one_page_while_others_come_and_go(tables: Tables, seed: int) -> None:
    chance = random.Random(seed)
    now = {f"{number:02d}": chance.random() < 0.5 for number in range(50)}
    write(tables, now)
    stayed = {customer for customer, member in now.items() if member}
    ever, shown, after = set(stayed), [], ""
    for version in range(2, 100):
        page = members.members(tables.members, SHOP, DEFINITION, after, 5)
        shown += [customer for customer, _ in page.members]
        if page.next is None:
            break
        after = page.next
        moved = {customer: not now[customer] for customer in chance.sample(sorted(now), 8)}
        write(tables, moved, version)
        now |= moved
        stayed -= moved.keys()
        ever |= {customer for customer, member in moved.items() if member}
    assert shown == sorted(set(shown)), "nobody is on two pages"
    assert stayed <= set(shown) <= ever
    assert 0 < len(stayed) < len(shown) < len(ever)
