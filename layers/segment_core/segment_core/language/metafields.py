"""Which metafield a clause asks about, and what its values are: as defined, or else as the clause takes them to be."""

from __future__ import annotations

from segment_core.language.lexer import Token
from segment_core.language.looks import looks_like
from segment_core.language.problems import Report, shown
from segment_core.language.syntax import Clause
from segment_core.language.vocabulary import Attribute, Definitions
from segment_core.language.vocabulary.domains import DATE
from segment_core.language.vocabulary.metafields import PREFIX, defined, key_of, metafield
from segment_core.nearest import nearest


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
        return (
            metafield(key, *looks_like(clause.values, clause.operator.name))
            if clause
            else metafield(key, DATE, many=False)
        )
    if key in definitions:
        return defined(key, definitions[key])
    near = nearest(key, definitions)
    hint = f"did you mean {PREFIX}{near}?" if near else "define the metafield in the store first"
    report.meaning("unknown_filter", name.start, name.end, f"'{shown(name.value)}' filter cannot be found.", hint)
    return None
