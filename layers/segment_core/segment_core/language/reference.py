"""The tables of docs/language.md, printed from the vocabulary: `python -m segment_core.language.reference`.

The document holds them between two marks; `--write docs/language.md` puts the current ones there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from segment_core.language.limits import STORE_CLAUSES, Limits
from segment_core.language.vocabulary import (
    ATTRIBUTE_OPERATORS,
    ATTRIBUTES,
    DEPRECATED_DATES,
    FUNCTIONS,
    MODIFIERS,
    PARAMETER_OPERATORS,
    Attribute,
    Domain,
    Function,
)

BEGIN = "<!-- generated: python -m segment_core.language.reference --write docs/language.md -->"
END = "<!-- end of what is generated -->"

_TYPE_NAMES = {
    "date": "date",
    "integer": "whole number",
    "number": "number",
    "id": "id",
    "enum": "one of a list",
    "text": "text",
    "coordinates": "coordinates",
}


def tables() -> str:
    """All generated tables, as Markdown."""
    sections = [_operators(), _attributes(), *map(_function, FUNCTIONS.values()), _others(), _limits()]
    return "\n\n".join(sections)


def put_into(document: str) -> str:
    """`document` with the current tables between the marks. Raises ValueError if a mark is missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document needs the marks {BEGIN} and {END}")
    return f"{before}{begin}\n\n{tables()}\n\n{end}{after}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _operators() -> str:
    rows = [[_TYPE_NAMES[value_type], _code(operators)] for value_type, operators in ATTRIBUTE_OPERATORS.items()]
    lists = next(attribute for attribute in ATTRIBUTES.values() if attribute.many)
    rows.append(["list", _code(lists.operators)])
    parameters = [[_TYPE_NAMES[value_type], _code(operators)] for value_type, operators in PARAMETER_OPERATORS.items()]
    return "\n\n".join(
        [
            "### Operators by type",
            _table(["type of filter", "operators"], rows),
            _table(["type of parameter", "operators"], parameters),
        ]
    )


def _attributes() -> str:
    rows = [[f"`{attribute.name}`", _type(attribute), _meaning(attribute)] for attribute in ATTRIBUTES.values()]
    return "### Filters\n\n" + _table(["filter", "type", "meaning"], rows)


def _type(attribute: Attribute) -> str:
    name = _TYPE_NAMES[attribute.domain.type]
    return f"list of {name}s" if attribute.many else name


def _meaning(attribute: Attribute) -> str:
    parts = [attribute.meaning, _values(attribute.domain)]
    parts += [f"`{written}` is read as `{meant}`." for written, meant in attribute.spellings.items()]
    return " ".join(filter(None, parts))


def _values(domain: Domain) -> str:
    if domain.form is not None:
        return f"{domain.form.advice[0].upper()}{domain.form.advice[1:]}."
    return f"Values: {_code(domain.values)}." if domain.values else ""


def _function(function: Function) -> str:
    rows = [
        [
            f"`{parameter.name}`",
            _TYPE_NAMES[parameter.domain.type],
            "aggregate" if parameter.aggregate else "row",
            parameter.meaning,
        ]
        for parameter in function.parameters
    ]
    notes = [function.meaning]
    if not function.supported:
        notes.append("Understood, but not answered yet.")
    if function.spellings:
        notes.append(f"Also written {_code(function.spellings)}.")
    if function.legacy:
        legacy = (f"`{old.name}: v` is `{old.parameter} {old.operator} v`" for old in function.legacy)
        notes.append(f"In the old form, {', '.join(legacy)}.")
    table = _table(["parameter", "type", "kind", "meaning"], rows)
    return f"### `{function.name}`\n\n{' '.join(notes)}\n\n{table}"


def _others() -> str:
    lines = [f"`{old}` is read as `{current}`, with a warning." for old, current in DEPRECATED_DATES.items()]
    for modifier in MODIFIERS.values():
        unanswered = "" if modifier.supported else " Understood, but not answered yet."
        lines.append(f"`{modifier.name}('...')` is compared like a date. {modifier.meaning}{unanswered}")
    return "### Other words\n\n" + "\n".join(f"- {line}" for line in lines)


def _limits() -> str:
    limits = Limits()
    rows = [
        ["clauses", f"{limits.clauses} (a warning above {STORE_CLAUSES}, which is all that the store takes)"],
        ["characters, before trimming", str(limits.characters)],
        ["values in one list", str(limits.ids)],
        ["parentheses and NOTs inside each other", str(limits.nesting)],
    ]
    return "### Limits\n\n" + _table(["what", "at most"], rows)


def _main(arguments: list[str]) -> None:
    if arguments[:1] == ["--write"] and len(arguments) == 2:
        path = Path(arguments[1])
        path.write_text(put_into(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(tables() + "\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
