"""Random shops, customers and queries: what the tests draw."""

from .draws import near
from .questions import clauses, date_expression, queries
from .scenes import Scene, scenes

__all__ = ["Scene", "clauses", "date_expression", "near", "queries", "scenes"]
