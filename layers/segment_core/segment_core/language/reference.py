"""The tables of docs/language.md, printed from the vocabulary: `python -m segment_core.language.reference`.

The document holds them between two marks; `--write docs/language.md` puts the current ones there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from segment_core.language.limits import DEEPEST_SEGMENTS, MOST_CLAUSES_OF_SEGMENTS, STORE_CLAUSES, Limits
from segment_core.language.vocabulary import (
    ATTRIBUTE_EXTENSIONS,
    ATTRIBUTE_OPERATORS,
    ATTRIBUTES,
    DEPRECATED_DATES,
    FUNCTIONS,
    LIST_OPERATORS,
    METAFIELD_TYPES,
    MODIFIERS,
    PARAMETER_EXTENSIONS,
    PARAMETER_OPERATORS,
    PREDICATES,
    Attribute,
    Domain,
    Function,
)
from segment_core.language.vocabulary.metafields import EXAMPLES as METAFIELD_EXAMPLES
from segment_core.language.vocabulary.metafields import defined

BEGIN = "<!-- generated: python -m segment_core.language.reference --write docs/language.md -->"
END = "<!-- end of what is generated -->"

_EXTENSION = "*Extension.*"

_TYPE_NAMES = {
    "date": "date",
    "day": "day",
    "distance": "distance",
    "truth": "true or false",
    "opaque": "something",
    "integer": "whole number",
    "number": "number",
    "id": "id",
    "enum": "one of a list",
    "text": "text",
    "coordinates": "coordinates",
}


def tables() -> str:
    """All generated tables, as Markdown."""
    functions = map(_function, FUNCTIONS.values())
    sections = [_operators(), _attributes(), _metafields(), *functions, _others(), _limits()]
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


def _examples(queries: Iterable[str]) -> str:
    return "\n".join(["```segment", *queries, "```"])


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _operators() -> str:
    filters = [
        [_TYPE_NAMES[value_type], _code(operators), _code(ATTRIBUTE_EXTENSIONS.get(value_type, ()))]
        for value_type, operators in ATTRIBUTE_OPERATORS.items()
        if operators
    ]
    filters.append(["list", _code(LIST_OPERATORS), "those of its elements"])
    parameters = [
        [_TYPE_NAMES[value_type], _code(operators), _code(PARAMETER_EXTENSIONS.get(value_type, ()))]
        for value_type, operators in PARAMETER_OPERATORS.items()
    ]
    return "\n\n".join(
        [
            "### Operators by type",
            _table(["type of filter", "operators", "extensions"], filters),
            _table(["type of parameter", "operators", "extensions"], parameters),
            "A text with a form of its own has no `STARTS WITH`.",
        ]
    )


def _attributes() -> str:
    rows = [[f"`{attribute.name}`", _type(attribute), _meaning(attribute)] for attribute in ATTRIBUTES.values()]
    table = _table(["filter", "type", "meaning"], rows)
    return f"### Filters\n\n{table}\n\n{_examples(attribute.example for attribute in ATTRIBUTES.values())}"


def _metafields() -> str:
    rows = [
        [f"`{name}`", _type(attribute), _code(attribute.operators)]
        for name, attribute in ((name, defined("a.b", name)) for name in METAFIELD_TYPES)
    ]
    rows.append(["any other", "", _code(defined("a.b", "").operators)])
    table = _table(["type in the store", "compared as", "operators"], rows)
    return f"### Metafields\n\n{table}\n\n{_examples(dict.fromkeys(METAFIELD_EXAMPLES.values()))}"


def _type(attribute: Attribute) -> str:
    name = _TYPE_NAMES[attribute.domain.type]
    return f"list of {name}s" if attribute.many else name


def _meaning(attribute: Attribute) -> str:
    parts = [attribute.meaning, _values(attribute.domain), _EXTENSION if attribute.instead else ""]
    parts += [f"`{written}` is read as `{meant}`." for written, meant in attribute.spellings.items()]
    return " ".join(filter(None, parts))


def _values(domain: Domain) -> str:
    if domain.form is not None:
        loose = " A part of that is taken too, with a warning." if domain.loose else ""
        return f"{domain.form.advice[0].upper()}{domain.form.advice[1:]}.{loose}"
    return f"Values: {_code(domain.values)}." if domain.values else ""


def _function(function: Function) -> str:
    rows = [
        [
            f"`{parameter.name}`",
            _TYPE_NAMES[parameter.domain.type],
            "aggregate" if parameter.aggregate else "row",
            f"{parameter.meaning} {_EXTENSION}" if parameter.instead else parameter.meaning,
        ]
        for parameter in function.parameters
    ]
    notes = [function.meaning, *([_EXTENSION] if function.instead else [])]
    if function.spellings:
        notes.append(f"Also written {_code(function.spellings)}.")
    if function.legacy:
        legacy = (f"`{old.name}: v` is `{old.parameter} {old.operator} v`" for old in function.legacy)
        notes.append(f"In the old form, {', '.join(legacy)}.")
    if function.argument:
        rows.insert(1, ["any other", "as it is compared", "row", "A property of the event."])
    table = _table(["parameter", "type", "kind", "meaning"], rows)
    needs = [
        f"`{p.name}` needs {' or '.join(f'`{name}`' for name in p.needs)}." for p in function.parameters if p.needs
    ]
    text = f"{' '.join([*notes, *needs])}\n\n{table}\n\n{_examples([function.example])}"
    name = f"{function.name}('{function.argument}')" if function.argument else function.name
    return f"### `{name}`\n\n{text}"


def _others() -> str:
    lines = [f"`{old}` is read as `{current}`, with a warning." for old, current in DEPRECATED_DATES.items()]
    lines += (f"`{one.name}('{one.argument}')`: {one.meaning} {_EXTENSION}" for one in PREDICATES.values())
    lines += (f"`{one.name}('...')` is compared like a date, with days. {one.meaning}" for one in MODIFIERS.values())
    listed = "\n".join(f"- {line}" for line in lines)
    examples = [*(one.example for one in MODIFIERS.values()), *(one.example for one in PREDICATES.values())]
    return f"### Other words\n\n{listed}\n\n{_examples(examples)}"


def _limits() -> str:
    limits = Limits()
    rows = [
        ["clauses", f"{limits.clauses} (a warning above {STORE_CLAUSES}, which is all that the store takes)"],
        ["characters, before trimming", str(limits.characters)],
        ["values in one list", str(limits.ids)],
        ["parentheses and NOTs inside each other", str(limits.nesting)],
        ["segments that ask segments, one after the other", str(DEEPEST_SEGMENTS)],
        ["clauses of all segments that a segment asks", str(MOST_CLAUSES_OF_SEGMENTS)],
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
