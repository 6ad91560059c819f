"""The rules that are measured mean the same to all engines: the short form of the benchmark, which measures nothing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from segment_core.evaluator import compile_query
from segment_core.rules import RuleSet

from .rules import oracle, windows
from .rules.customers import customers, values
from .rules.worker import ENGINES, SETS

PACKAGES = {"datalogic": "datalogic_py", "cel_rust": "cel", "cel_python": "celpy", "ruleengine": "rule_engine"}
PACKAGES["flagsmith"] = "flag_engine"
RULES, CUSTOMERS = 120, 60

# Other engines are asked where they are installed; that they are is no part of what is tested.
INSTALLED = sorted({module for module in ENGINES.values() if find_spec(PACKAGES.get(module, "json"))})


@pytest.mark.parametrize("set_", SETS)
@pytest.mark.parametrize("module", INSTALLED)
def test_every_engine_answers_as_the_oracle_does(module: str, set_: str) -> None:
    rules, known = SETS[set_](RULES), values(CUSTOMERS)
    engine = import_module(f".rules.engines.{module}", __package__).build(rules)
    given = list(engine.given(known))
    expected = [oracle.members(rules, one) for one in known]
    assert [engine.bits(engine.ask(one)) for one in given] == expected
    assert any(expected)
    assert all(any(bits >> rule & 1 for bits in expected) for rule in range(3) if set_ == "dense")


def test_windows_over_orders_are_answered_as_the_oracle_does() -> None:
    asked = windows.queries(RULES)
    rules = [compile_query(query) for query in asked]
    windows.check(asked, RuleSet(dict(enumerate(asked))), rules, customers(values(CUSTOMERS // 3)))
