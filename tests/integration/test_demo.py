"""The demo from outside: what its story prints is what the evaluator says, it ends when asked, and it serves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer, Order
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.shop import Shop
from tidemark.demo import shop, story
from tidemark.demo.segments import SEGMENTS

CUSTOMERS = 40
COMMAND = [sys.executable, "-m", "tidemark.cli"]
DEMO = [*COMMAND, "demo", "--port", "0", "--customers", str(CUSTOMERS)]
SHOP = Shop(zone=shop.ZONE, currency=shop.CURRENCY)
RULES = {name: compile_query(parse(query)) for name, query in SEGMENTS}


@pytest.fixture(scope="module", params=["auto", "moto"])
def told(request: pytest.FixtureRequest) -> str:
    """What one run prints, on the store that people get and on the one for those without Java."""
    ran = subprocess.run([*DEMO, "--store", request.param, "--exit"], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _chapter(told: str, number: int) -> str:
    """The chapter that begins with that number."""
    return re.split(r"^\d\. ", told, flags=re.MULTILINE)[number]


def _members(customers: list[Customer], at: datetime) -> dict[str, int]:
    return {name: sum(rule.evaluate(one, SHOP, at).member for one in customers) for name, rule in RULES.items()}


def _before() -> list[Customer]:
    return [read_customer(document) for document in shop.customers(CUSTOMERS)]


def _after() -> list[Customer]:
    """The customers with the two facts of the story."""
    changed = []
    for customer in _before():
        if customer.id == shop.BUYER:
            at = story.ORDER_AT
            new = Order("new", at, at, Decimal(story.ORDER_TOTAL), shop.CURRENCY)
            customer = replace(customer, orders=(*customer.orders, new))
        if customer.id == shop.TAGGED:
            customer = replace(customer, tags=())
        changed.append(customer)
    return changed


def _flips(customers: list[Customer]) -> Iterator[tuple[datetime, str, bool]]:
    """Every enter and leave of the month by time alone: from `until` to `until`."""
    for customer in customers:
        for name, rule in RULES.items():
            until = rule.evaluate(customer, SHOP, story.TAG_AT).until
            while until is not None and until <= story.A_MONTH_LATER:
                at, (member, until) = until, rule.evaluate(customer, SHOP, until)
                yield at, name, member


def test_the_counts_at_the_opening(told: str) -> None:
    chapter = _chapter(told, 1)
    counts = {
        name: int(number.replace(",", ""))
        for number, name in re.findall(r"^ +([\d,]+)  (\S.*?)(?:  .*)?$", chapter, re.MULTILINE)
    }
    assert counts == _members(_before(), shop.OPENING)


def test_what_the_order_and_the_tag_changed(told: str) -> None:
    chapters = _chapter(told, 2) + _chapter(told, 3)
    changes = re.findall(r"^ +(\d+) (entered|left) +(.+)$", chapters, re.MULTILINE)
    expected = []
    before = {one.id: one for one in _before()}
    for customer in _after():
        for name, rule in RULES.items():
            was, now = (rule.evaluate(one, SHOP, story.TAG_AT).member for one in (before[customer.id], customer))
            if was != now:
                expected.append((customer.id, "entered" if now else "left", name))
    assert sorted(changes) == sorted(expected)
    assert {customer for customer, _, _ in expected} == {shop.BUYER, shop.TAGGED}


def test_what_the_month_changed(told: str) -> None:
    chapter = _chapter(told, 4)
    rows = {
        name: (int(entered), int(left), int(now))
        for entered, left, now, name in re.findall(r"^ +(\d+) +(\d+) +(\d+)  (\S.*)$", chapter, re.MULTILINE)
    }
    flips = Counter((name, member) for _, name, member in _flips(_after()))
    now = _members(_after(), story.A_MONTH_LATER)
    assert rows == {name: (flips[name, True], flips[name, False], now[name]) for name in RULES}


def test_the_instants_of_the_month(told: str) -> None:
    chapter = _chapter(told, 4)
    flips = Counter(at.isoformat().replace("+00:00", "Z") for at, _, _ in _flips(_after()))
    shown = re.findall(r"^ +(\S+Z) +(\d+)  ", chapter, re.MULTILINE)
    assert len(shown) > 3
    assert {at: int(many) for at, many in shown} == {at: flips[at] for at, _ in shown}


def test_it_serves_until_it_is_stopped() -> None:
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        url = next(match[1] for line in lines if (match := re.search(r"Still serving at (http://[\d.:]+)", line)))
        asked = [*COMMAND, "token", "--url", url]
        token = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        request = urllib.request.Request(f"{url}/segments", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            names = {segment["name"] for segment in json.load(answer)["segments"]}
        process.terminate()
        # What it says while ending must be read, or it could wait for us.
        process.stdout.read()
    assert names == set(RULES)
    assert process.returncode == 0
