"""How large a query may be, which metafields and segments there are, and whether it has to be the store's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segment_core.language import ast
from segment_core.language.vocabulary import Definitions
from segment_core.record import record

# The parser, the checker and the printer descend one Python call chain per level.
DEEPEST_NESTING = 100

# How far segments may ask segments, and how many clauses that may come to.
DEEPEST_SEGMENTS = 10
MOST_CLAUSES_OF_SEGMENTS = 500

Segments = Mapping[str, ast.Query]
Strictness = Literal["lenient", "shopify"]

# More clauses than this are accepted here and refused by the store (reference: "Too many clauses (>10)").
STORE_CLAUSES = 10


@record
class Limits:
    """Settings for what `check` accepts; the store's own limit on characters is the default.

    `clauses`: leaves of the tree; a function with its parameters is one. `characters`: of the raw
    text, before trimming. `ids`: values in one list. `nesting`: parentheses and NOTs inside each
    other, at most 100. `metafields`: the definitions that metafields are checked against; None if they
    are not known, so that any metafield may be written. `strictness`: `shopify` refuses what the store's own
    language does not have. `segments`: those that `in_segment` can ask, by every name that they go by; None if they are
    not known, so that any name may be written. `saving`: the names of the segment that is being saved, which its own
    query must not lead to.
    """

    clauses: int = 50
    characters: int = 5000
    ids: int = 500
    nesting: int = 20
    metafields: Definitions | None = None
    strictness: Strictness = "lenient"
    segments: Segments | None = None
    saving: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.nesting <= DEEPEST_NESTING:
            raise ValueError(f"nesting is {self.nesting}: set it between 0 and {DEEPEST_NESTING}")


_ENDLESS = 2**63 - 1

# For texts that `check` accepted before: a canonical text may be longer than what was typed, and a
# limit that was lowered since must not break what is stored.
ACCEPTED_BEFORE = Limits(clauses=_ENDLESS, characters=_ENDLESS, ids=_ENDLESS, nesting=DEEPEST_NESTING)
