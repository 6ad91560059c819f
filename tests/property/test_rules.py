"""Many definitions at once against the single rules: who is in which, and until when all of that stays so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import TICK
from segment_core.evaluator import compile_query
from segment_core.evaluator.attributes import ATTRIBUTES, DateAttribute
from segment_core.language import ast
from segment_core.language.segments import clauses
from segment_core.rules import Answer, RuleSet

from .generate import Scene, queries, scenes
from .questions import date_expression

Definitions = dict[int, ast.Query]

DATES = [name for name, attribute in ATTRIBUTES.items() if isinstance(attribute, DateAttribute)]


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, Definitions]:
    """A scene and definitions about it, in slots of which some are not taken."""
    scene = draw(scenes())
    slots = draw(st.lists(st.integers(0, 90), min_size=1, max_size=9, unique=True))
    return scene, {slot: draw(queries(scene)) for slot in slots}


def singly(definitions: Definitions, scene: Scene, at: datetime) -> Answer:
    """What the rules answer one by one."""
    verdicts = {
        slot: compile_query(query).evaluate(scene.customer, scene.shop, at) for slot, query in definitions.items()
    }
    bits = sum(1 << slot for slot, verdict in verdicts.items() if verdict.member)
    return Answer(bits, min((verdict.until for verdict in verdicts.values() if verdict.until), default=None))


def together(rules: RuleSet, scene: Scene, at: datetime) -> Answer:
    return rules.answer(scene.customer, scene.shop, at)


def first_change(answer: Callable[[datetime], Answer], at: datetime) -> Answer:
    """The members and when they change: a search that was broken off goes on where it was, for thousands of years."""
    bits, until = answer(at)
    for _ in range(200):
        if until is None:
            break
        later = answer(until)
        if later.bits != bits:
            return Answer(bits, until)
        until = later.until
    return Answer(bits, None)


def is_same(rules: RuleSet, definitions: Definitions, scene: Scene, at: datetime) -> bool:
    ours, theirs = together(rules, scene, at), singly(definitions, scene, at)
    return ours == theirs or first_change(partial(together, rules, scene), at) == first_change(
        partial(singly, definitions, scene), at
    )


@given(asked())
def test_a_rule_set_answers_as_its_rules_do_one_by_one(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    assert is_same(rules, definitions, scene, scene.at)
    assert rules.members(scene.customer, scene.shop, scene.at) == singly(definitions, scene, scene.at).bits


@given(asked(), st.lists(st.integers(-500, 900), min_size=1, max_size=3))
def test_one_rule_set_answers_at_any_instant(case: tuple[Scene, Definitions], days: list[int]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    for day in days:
        assert is_same(rules, definitions, scene, scene.at + timedelta(days=day))


@st.composite
def dated(draw: st.DrawFn) -> tuple[Scene, Definitions]:
    """A scene and definitions about one or two of its dates, so that each is compared on several scales."""
    scene = draw(scenes())
    names = draw(st.lists(st.sampled_from(DATES), min_size=1, max_size=2))
    return scene, {
        slot: ast.Comparison(
            draw(st.sampled_from(names)),
            draw(st.sampled_from(("=", "!=", ">", ">=", "<", "<="))),
            date_expression(draw, scene.today),
        )
        for slot in range(draw(st.integers(2, 7)))
    }


@given(dated())
def test_a_date_is_followed_on_every_scale(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    assert together(RuleSet(definitions), scene, scene.at) == singly(definitions, scene, scene.at)


@given(asked())
def test_nothing_changes_before_until(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    answer = together(rules, scene, scene.at)
    for _ in range(6):
        if answer.until is None:
            break
        assert rules.members(scene.customer, scene.shop, answer.until - TICK) == answer.bits
        following = together(rules, scene, answer.until)
        assert following.bits == singly(definitions, scene, answer.until).bits
        answer = following


@given(asked())
def test_without_dates_that_come_round_until_is_exact(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    plain = {slot: query for slot, query in definitions.items() if not any(map(comes_round, clauses(query)))}
    assert together(RuleSet(plain), scene, scene.at) == singly(plain, scene, scene.at)


def comes_round(clause: ast.Clause) -> bool:
    return isinstance(clause, ast.Anniversary | ast.InSegment)
