"""evaluate(query, customer, shop, at) -> Verdict(member, until): pure, without clock or I/O.

`timeline` is the same over a period, `explain` says why.
"""

from segment_core.evaluator.explanation import Explanation
from segment_core.evaluator.rule import Flip, Rule, compile_query, evaluate, explain, timeline
from segment_core.verdict import Verdict

__all__ = ["Explanation", "Flip", "Rule", "Verdict", "compile_query", "evaluate", "explain", "timeline"]
