"""The demo from outside: what its story prints is what the evaluator says, it ends when asked, and it serves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer, Order
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.record import replace
from segment_core.shop import Shop
from tidemark.demo import shop, story
from tidemark.demo.segments import SEGMENTS

README = Path(__file__).parents[2] / "README.md"
CUSTOMERS = 40
COMMAND = [sys.executable, "-m", "tidemark.cli"]
DEMO = [*COMMAND, "demo", "--port", "0", "--customers", str(CUSTOMERS)]
SHOP = Shop(zone=shop.ZONE, currency=shop.CURRENCY)
RULES = {name: compile_query(parse(query)) for name, query in SEGMENTS}


@dataclass(frozen=True)
class Told:
    """A story, and of how many customers it tells."""

    text: str
    customers: int

    def chapter(self, number: int) -> str:
        """The chapter that begins with that number."""
        return re.split(r"^\d\. ", self.text, flags=re.MULTILINE)[number]

    def before(self) -> list[Customer]:
        """The customers as they were imported."""
        return _imported(self.customers)

    def after(self) -> list[Customer]:
        """The customers with the two facts of the story."""
        changed = []
        for customer in self.before():
            if customer.id == shop.BUYER:
                at = story.ORDER_AT
                new = Order("new", at, at, Decimal(story.ORDER_TOTAL), shop.CURRENCY)
                customer = replace(customer, orders=(*customer.orders, new))
            if customer.id == shop.TAGGED:
                customer = replace(customer, tags=())
            changed.append(customer)
        return changed


@cache
def _imported(customers: int) -> list[Customer]:
    return [read_customer(document) for document in shop.customers(customers)]


def _in_readme() -> Told:
    (text,) = re.findall(r"^```\n(1\. A shop .*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    (customers,) = re.findall(r"([\d,]+) invented customers", text)
    return Told(text, int(customers.replace(",", "")))


def _printed(store: str) -> Told:
    ran = subprocess.run([*DEMO, "--store", store, "--exit"], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return Told(ran.stdout, CUSTOMERS)


@pytest.fixture(scope="module", params=["auto", "moto", "README"])
def told(request: pytest.FixtureRequest) -> Told:
    """What a run prints, on the store that people get and on that for those without Java; and what README shows."""
    return _in_readme() if request.param == "README" else _printed(request.param)


def _members(customers: list[Customer], at: datetime) -> dict[str, int]:
    return {name: sum(rule.evaluate(one, SHOP, at).member for one in customers) for name, rule in RULES.items()}


def _flips(customers: list[Customer]) -> Iterator[tuple[datetime, str, bool]]:
    """Every enter and leave of the month by time alone: from `until` to `until`."""
    for customer in customers:
        for name, rule in RULES.items():
            until = rule.evaluate(customer, SHOP, story.TAG_AT).until
            while until is not None and until <= story.A_MONTH_LATER:
                at, (member, until) = until, rule.evaluate(customer, SHOP, until)
                yield at, name, member


def test_the_counts_at_the_opening(told: Told) -> None:
    chapter = told.chapter(1)
    counts = {
        name: int(number.replace(",", ""))
        for number, name in re.findall(r"^ +([\d,]+)  (\S.*?)(?:  .*)?$", chapter, re.MULTILINE)
    }
    assert counts == _members(told.before(), shop.OPENING)


def test_what_the_order_and_the_tag_changed(told: Told) -> None:
    chapters = told.chapter(2) + told.chapter(3)
    changes = re.findall(r"^ +(\d+) (entered|left) +(.+)$", chapters, re.MULTILINE)
    expected = []
    before = {one.id: one for one in told.before()}
    for customer in told.after():
        for name, rule in RULES.items():
            was, now = (rule.evaluate(one, SHOP, story.TAG_AT).member for one in (before[customer.id], customer))
            if was != now:
                expected.append((customer.id, "entered" if now else "left", name))
    assert sorted(changes) == sorted(expected)
    assert {customer for customer, _, _ in expected} == {shop.BUYER, shop.TAGGED}


def test_what_the_month_changed(told: Told) -> None:
    chapter = told.chapter(4)
    rows = {
        name: (int(entered), int(left), int(now))
        for entered, left, now, name in re.findall(r"^ +(\d+) +(\d+) +(\d+)  (\S.*)$", chapter, re.MULTILINE)
    }
    flips = Counter((name, member) for _, name, member in _flips(told.after()))
    now = _members(told.after(), story.A_MONTH_LATER)
    assert rows == {name: (flips[name, True], flips[name, False], now[name]) for name in RULES}


def test_the_instants_of_the_month(told: Told) -> None:
    chapter = told.chapter(4)
    flips = Counter(at.isoformat().replace("+00:00", "Z") for at, _, _ in _flips(told.after()))
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
