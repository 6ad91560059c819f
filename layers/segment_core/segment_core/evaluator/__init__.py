"""evaluate(query, customer, shop, at) -> Verdict(member, until): pure, without clock or I/O.

`timeline` is the same over a period, `explain` says why, `depends_on` which facts are needed, `describe` what is asked.
"""

from segment_core.evaluator.dependencies import Reach, depends_on
from segment_core.evaluator.explanation import Explanation
from segment_core.evaluator.rule import Flip, Rule, compile_query, evaluate, explain, timeline
from segment_core.language.description import describe
from segment_core.language.vocabulary import Fact
from segment_core.verdict import Verdict

__all__ = [
    "Explanation",
    "Fact",
    "Flip",
    "Reach",
    "Rule",
    "Verdict",
    "compile_query",
    "depends_on",
    "describe",
    "evaluate",
    "explain",
    "timeline",
]
