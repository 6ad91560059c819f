"""What stands in the parentheses right after a filter's name: `anniversary('last_order_date')`, `event('quiz')`."""

from __future__ import annotations

from segment_core.language.lexer import Token
from segment_core.language.syntax import Clause


def quoted_argument(clause: Clause, name: str) -> Token | None:
    """The one text in quotes that stands there, with or without the name of the argument before it; else None.

    A text that is blank names nothing.
    """
    arguments = clause.arguments or ()
    if len(arguments) != 1 or arguments[0].listed or len(arguments[0].values) != 1:
        return None
    [argument] = arguments
    named = argument.name is None or (
        argument.name.text == name and argument.operator is not None and argument.operator.name == ":"
    )
    [token] = argument.values
    return token if named and token.kind == "string" and token.value.strip() else None
