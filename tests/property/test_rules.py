"""Many definitions at once against the single rules: who is in which, and until when all of that stays so."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import TICK
from segment_core.evaluator import compile_query
from segment_core.language import ast
from segment_core.rules import Answer, RuleSet

from .generate import Scene, queries, scenes

Definitions = dict[int, ast.Query]


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


@given(asked())
def test_a_rule_set_answers_as_its_rules_do_one_by_one(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    expected = singly(definitions, scene, scene.at)
    assert together(rules, scene, scene.at) == expected
    assert rules.members(scene.customer, scene.shop, scene.at) == expected.bits


@given(asked(), st.lists(st.integers(-500, 900), min_size=1, max_size=3))
def test_one_rule_set_answers_at_any_instant(case: tuple[Scene, Definitions], days: list[int]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    for day in days:
        at = scene.at + timedelta(days=day)
        assert together(rules, scene, at) == singly(definitions, scene, at)


@given(asked())
def test_stepping_from_until_to_until_meets_every_change(case: tuple[Scene, Definitions]) -> None:
    scene, definitions = case
    rules = RuleSet(definitions)
    answer = together(rules, scene, scene.at)
    for _ in range(6):
        if answer.until is None:
            break
        assert rules.members(scene.customer, scene.shop, answer.until - TICK) == answer.bits
        following = together(rules, scene, answer.until)
        assert following == singly(definitions, scene, answer.until)
        assert following.bits != answer.bits
        answer = following
