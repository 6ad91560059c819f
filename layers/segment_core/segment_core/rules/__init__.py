"""Many definitions at once: which of them a customer is in, and when the first of these answers changes by time.

The evaluator is the specification: for every rule set, customer and instant the answer is that of the single rules.
"""

from segment_core.rules.rule_set import Answer, RuleSet

__all__ = ["Answer", "RuleSet"]
