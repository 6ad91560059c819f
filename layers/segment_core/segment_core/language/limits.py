"""How large a query may be, which metafields there are, and whether it has to be the store's own language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segment_core.language.vocabulary import Definitions

# The parser, the checker and the printer descend one Python call chain per level.
DEEPEST_NESTING = 100

Strictness = Literal["lenient", "shopify"]

# More clauses than this are accepted here and refused by the store (reference: "Too many clauses (>10)").
STORE_CLAUSES = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Settings for what `check` accepts; the store's own limit on characters is the default.

    `clauses`: leaves of the tree; a function with its parameters is one. `characters`: of the raw
    text, before trimming. `ids`: values in one list. `nesting`: parentheses and NOTs inside each
    other, at most 100. `metafields`: the definitions that metafields are checked against; None if they
    are not known, so that any metafield may be written. `strictness`: `shopify` refuses what the store's own
    language does not have.
    """

    clauses: int = 50
    characters: int = 5000
    ids: int = 500
    nesting: int = 20
    metafields: Definitions | None = None
    strictness: Strictness = "lenient"

    def __post_init__(self) -> None:
        if not 0 <= self.nesting <= DEEPEST_NESTING:
            raise ValueError(f"nesting is {self.nesting}: set it between 0 and {DEEPEST_NESTING}")


_ENDLESS = 2**63 - 1

# For texts that `check` accepted before: a canonical text may be longer than what was typed, and a
# limit that was lowered since must not break what is stored.
ACCEPTED_BEFORE = Limits(clauses=_ENDLESS, characters=_ENDLESS, ids=_ENDLESS, nesting=DEEPEST_NESTING)
