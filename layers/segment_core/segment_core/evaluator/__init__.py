"""evaluate(query, customer, shop, at) -> Verdict(member, until): pure, without clock or I/O."""

from segment_core.evaluator.explanation import Explanation
from segment_core.evaluator.rule import Rule, compile_query, evaluate, explain
from segment_core.verdict import Verdict

__all__ = ["Explanation", "Rule", "Verdict", "compile_query", "evaluate", "explain"]
