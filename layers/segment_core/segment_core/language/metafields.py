"""Which metafield a clause asks about, and what its values are: as defined, or else as the clause takes them to be."""

from __future__ import annotations

from segment_core.language.lexer import Token
from segment_core.language.literals import written_number, written_whole_number
from segment_core.language.problems import Report, shown
from segment_core.language.suggestions import nearest
from segment_core.language.syntax import Clause
from segment_core.language.vocabulary import Attribute, Definitions, Domain
from segment_core.language.vocabulary.domains import DATE, INTEGER, NUMBER, OPAQUE, TEXT, TRUTH
from segment_core.language.vocabulary.metafields import PREFIX, defined, key_of, metafield

_OF_LISTS = ("CONTAINS", "NOT CONTAINS")
_OF_TEXTS = ("=", "!=", "IN", "NOT IN", "STARTS WITH", "NOT STARTS WITH")


def find_metafield(
    name: Token, clause: Clause | None, definitions: Definitions | None, report: Report
) -> Attribute | None:
    """The filter on the metafield of that name; None if it is not defined, which is then in the report.

    Without definitions its type is what the value in the clause looks like; without a clause it is a date.
    """
    key = key_of(name.value)
    if key is None:
        raise ValueError("not the name of a metafield")
    if definitions is None:
        return metafield(key, *_looks_like(clause)) if clause else metafield(key, DATE, many=False)
    if key in definitions:
        return defined(key, definitions[key])
    near = nearest(key, definitions)
    hint = f"did you mean {PREFIX}{near}?" if near else "define the metafield in the store first"
    report.meaning("unknown_filter", name.start, name.end, f"'{shown(name.value)}' filter cannot be found.", hint)
    return None


def _looks_like(clause: Clause) -> tuple[Domain, bool]:
    """The domain of the clause's values, and whether they are elements of a list."""
    operator, many = clause.operator.name, clause.operator.name in _OF_LISTS
    if not clause.values:
        return OPAQUE, many
    token = clause.values[0]
    # A number in quotes is a text where texts can be compared, and a slip where they cannot.
    ordered = not many and operator not in _OF_TEXTS
    if written_number(token) and (token.kind == "literal" or ordered):
        # A whole number may be larger than one with decimals.
        return INTEGER if all(map(written_whole_number, clause.values)) else NUMBER, many
    if many or (token.kind == "string" and not ordered):
        return TEXT, many
    if token.kind == "word" and token.text.lower() in ("true", "false"):
        return TRUTH, many
    if token.kind == "word" and token.text.lower() not in ("today", "yesterday"):
        return TEXT, many
    return DATE, many
