"""Laws of the language over generated trees and over hostile text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

from hypothesis import example, given
from hypothesis import strategies as st

from segment_core.errors import InvalidQuery
from segment_core.language import Checked, Limits, Problem, ast, canonical, check, parse
from segment_core.language.lexer import tokens
from segment_core.language.normal import normal, opposite
from segment_core.language.problems import Code, Report
from segment_core.language.vocabulary import (
    ATTRIBUTES,
    FUNCTIONS,
    METAFIELD_TYPES,
    MODIFIERS,
    Attribute,
    Domain,
    Function,
    Modifier,
    Parameter,
    Property,
)
from segment_core.language.vocabulary.domains import DATE, NUMBER, OPAQUE, TEXT, TRUTH
from segment_core.language.vocabulary.metafields import defined, metafield
from segment_core.record import replace

DEEP = Limits(nesting=100)

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES_OF_THINGS = ANY_TEXT.filter(str.strip)
FORMED = {
    "customer_email_domain": ("example.com", "a", "\\'", ""),
    "customer_language": ("en", "en-US", "zh-Hant", "e", ""),
    "currency": ("USD", "NOK"),
    "customer_countries": ("US", "NO"),
    "customer_regions": ("US-NY", "MX-Q ROO", "NY"),
    "customer_cities": ("US-NY-NewYorkCity", "SG-Singapore", "NO-03-Ås"),
}
DAYS = st.one_of(
    st.builds(ast.Day, st.dates()),
    st.builds(ast.Offset, st.integers(-99_999, 99_999), st.sampled_from(("d", "w", "m", "y"))),
    st.builds(ast.Named, st.sampled_from(("today", "yesterday"))),
)
MOMENTS = st.builds(ast.Moment, st.datetimes().map(lambda moment: moment.replace(microsecond=0)))
DEGREES = st.decimals(-90, 90, places=4)
VALUES = {
    "date": DAYS | MOMENTS,
    "day": DAYS,
    "distance": st.builds(ast.Number, st.decimals(0, 20_000, places=1)),
    "coordinates": st.builds(lambda *degrees: ast.Text(",".join(map(str, degrees))), DEGREES, DEGREES),
    "truth": st.builds(ast.Truth, st.booleans()),
    "integer": st.builds(ast.Number, st.integers(-(2**63), 2**63 - 1).map(Decimal)),
    "number": st.builds(ast.Number, st.decimals(-(10**17), 10**17, places=2)),
    "id": st.builds(ast.Text, st.integers(0, 2**64 - 1).map(str)),
}


def values(name: str, domain: Domain) -> st.SearchStrategy[ast.Value]:
    """Any value of a domain."""
    if domain.type in VALUES:
        return VALUES[domain.type]
    if domain.form is not None or domain.unlike is not None:
        return st.builds(ast.Text, st.sampled_from(FORMED[name]))
    texts = st.sampled_from(domain.values) if domain.values else ANY_TEXT
    return st.builds(ast.Text, texts.map(str.lower) if domain.lower_case else texts)


@st.composite
def attribute_clauses(draw: st.DrawFn, attribute: Attribute) -> ast.Clause:
    name, value = attribute.name, values(attribute.name, attribute.domain)
    operator: Any = draw(st.sampled_from(attribute.operators))
    if operator.endswith("NULL"):
        return ast.IsNull(name, operator == "IS NOT NULL")
    if operator.endswith("CONTAINS"):
        return ast.Contains(name, draw(value), operator == "NOT CONTAINS")
    if operator in ("IN", "NOT IN"):
        return ast.In(name, tuple(draw(st.lists(value, min_size=1, max_size=4))), operator == "NOT IN")
    if operator.endswith("STARTS WITH"):
        return ast.StartsWith(name, draw(value), operator == "NOT STARTS WITH")
    if operator == "BETWEEN":
        return ast.Between(name, draw(value), draw(value))
    return ast.Comparison(name, operator, draw(value))


@st.composite
def parameters(draw: st.DrawFn, parameter: Parameter) -> ast.Parameter:
    operator: Any = draw(st.sampled_from(parameter.operators))
    if parameter.aggregate and operator in ("=", "!=", ">", ">=", "<", "<=") and draw(st.booleans()):
        window = draw(parameters(Parameter("date", DATE, "")))
        factor = draw(st.none() | st.builds(ast.Number, st.decimals("0.01", 100, places=2)))
        return ast.Parameter(parameter.name, operator, (ast.Total(parameter.name, window, factor),))
    least, most = {"BETWEEN": (2, 2), "IN": (1, 4), "NOT IN": (1, 4)}.get(operator, (1, 1))
    value = values(parameter.name, parameter.domain)
    return ast.Parameter(parameter.name, operator, tuple(draw(st.lists(value, min_size=least, max_size=most))))


@st.composite
def function_clauses(draw: st.DrawFn, function: Function) -> ast.Clause:
    chosen = draw(st.sets(st.sampled_from([parameter.name for parameter in function.parameters]), max_size=4))
    complete = {
        parameter.name
        for parameter in function.parameters
        if parameter.name in chosen and (not parameter.needs or chosen & {*parameter.needs})
    }
    drawn = tuple(draw(parameters(parameter)) for parameter in function.parameters if parameter.name in complete)
    if not function.argument:
        return ast.Matches(function.name, drawn, draw(st.booleans()))
    rows, aggregates = [one for one in drawn if one.name != "count"], [one for one in drawn if one.name == "count"]
    properties = sorted(draw(st.lists(properties_of_events(), max_size=2, unique_by=by_name)), key=by_name)
    return ast.Matches(
        function.name, (*rows, *properties, *aggregates), draw(st.booleans()), event=draw(NAMES_OF_THINGS)
    )


def by_name(parameter: ast.Parameter) -> str:
    return parameter.name


@st.composite
def properties_of_events(draw: st.DrawFn) -> ast.Parameter:
    name = draw(st.sampled_from(("score", "Ærlig", "a.b-c", "properties.date", "properties.in", "properties.5")))
    known = Property(name, draw(st.sampled_from((DATE, NUMBER, TEXT, TRUTH))), "")
    return draw(parameters(known))


@st.composite
def modifier_clauses(draw: st.DrawFn, modifier: Modifier) -> ast.Clause:
    dates = [attribute.name for attribute in ATTRIBUTES.values() if attribute.domain.type == "date"]
    operator: Any = draw(st.sampled_from(modifier.operators))
    count = 2 if operator == "BETWEEN" else 1
    days = draw(st.lists(DAYS, min_size=count, max_size=count))
    return ast.Anniversary(draw(st.sampled_from([*dates, "metafields.facts.birth_date"])), operator, tuple(days))


# Without definitions, so every domain that a value can look like.
METAFIELDS = (
    *(metafield("a.b-c", domain, many=False) for domain in (DATE, NUMBER, TEXT, TRUTH, OPAQUE)),
    *(metafield("a.d_1", domain, many=True) for domain in (NUMBER, TEXT)),
)

CLAUSES = st.one_of(
    *(attribute_clauses(attribute) for attribute in ATTRIBUTES.values()),
    *(function_clauses(function) for function in FUNCTIONS.values()),
    *(modifier_clauses(modifier) for modifier in MODIFIERS.values()),
    *(attribute_clauses(attribute) for attribute in METAFIELDS),
    st.builds(ast.InSegment, NAMES_OF_THINGS),
)


def join(node: type[ast.And | ast.Or], children: list[ast.Query]) -> ast.Query:
    """A node that, as the parser's, has no child of its own kind."""
    flat = [inner for child in children for inner in (child.children if isinstance(child, node) else (child,))]
    return node(tuple(flat))


QUERIES = st.recursive(
    CLAUSES,
    lambda children: st.one_of(
        st.builds(ast.Not, children),
        st.lists(children, min_size=2, max_size=3).map(lambda several: join(ast.And, several)),
        st.lists(children, min_size=2, max_size=3).map(lambda several: join(ast.Or, several)),
    ),
    max_leaves=8,
)


@given(QUERIES)
def test_parsing_the_canonical_text_gives_the_same_tree(query: ast.Query) -> None:
    text = canonical(query)

    assert parse(text) == query
    checked = check(text, DEEP)
    assert checked.query == normal(query) == parse(checked.canonical)
    assert check(checked.canonical, DEEP).canonical == checked.canonical


def written_otherwise(draw: st.DrawFn, value: ast.Value) -> ast.Value:
    """The value as somebody else would write it. Whole numbers may not have decimals."""
    match value:
        case ast.Number(number) if number == 0:
            return ast.Number(-number)
        case ast.Number(number) if number.as_tuple().exponent != 0 and draw(st.booleans()):
            return ast.Number(number * Decimal("1.00"))
        case ast.Named("today") | ast.Offset(count=0):
            return draw(st.sampled_from((ast.Named("today"), ast.Offset(0, "w"), ast.Offset(0, "d"))))
    return value


def listed_otherwise(draw: st.DrawFn, values: tuple[ast.Value, ...], several: bool) -> tuple[ast.Value, ...]:
    """The values, some of a list twice."""
    written = tuple(written_otherwise(draw, value) for value in values)
    return (*written, *draw(st.lists(st.sampled_from(written), max_size=2))) if several else written


@st.composite
def said_otherwise(draw: st.DrawFn, query: ast.Query) -> ast.Query:
    """The same with NOTs that cancel each other, values that say nothing new, and other ways to write them."""
    match query:
        case ast.And() | ast.Or():
            query = replace(query, children=tuple(draw(said_otherwise(child)) for child in query.children))
        case ast.Not(child):
            query = ast.Not(draw(said_otherwise(child)))
        case ast.Comparison(value=value):
            query = replace(query, value=written_otherwise(draw, value))
        case ast.In(values=listed):
            query = replace(query, values=listed_otherwise(draw, listed, several=True))
        case ast.Matches(parameters=parameters_):
            pairs = [(one, listed_otherwise(draw, one.values, one.operator.endswith("IN"))) for one in parameters_]
            query = replace(query, parameters=tuple(replace(one, values=values_) for one, values_ in pairs))
    if draw(st.booleans()) and (other := opposite(query, ast.NOWHERE)):
        query = ast.Not(other)
    return ast.Not(ast.Not(query)) if draw(st.booleans()) else query


@given(QUERIES, st.data())
def test_what_means_the_same_by_the_laws_of_the_normal_form_has_the_same_text(
    query: ast.Query, data: st.DataObject
) -> None:
    text = check(canonical(query), DEEP).canonical
    assert check(canonical(data.draw(said_otherwise(query))), DEEP).canonical == text


@given(st.data(), st.sampled_from(sorted(METAFIELD_TYPES)))
def test_what_is_defined_of_a_metafield_does_not_change_the_tree(data: st.DataObject, store_type: str) -> None:
    clause = data.draw(attribute_clauses(defined("a.b", store_type)))
    text = canonical(clause)

    assert check(text, Limits(metafields={"a.b": store_type})).query == normal(clause)
    assert clause == parse(text)


@given(QUERIES, st.data())
def test_spaces_case_and_outer_parentheses_mean_nothing(query: ast.Query, data: st.DataObject) -> None:
    text = canonical(query)
    words = []
    for token in tokens(text, Report(text)):
        words.append(token.text.lower() if token.kind == "keyword" and data.draw(st.booleans()) else token.text)
        words.append(data.draw(st.sampled_from((" ", "\n", "\t  ", "\u00a0"))))

    assert parse(f" (( {''.join(words)} )) ") == query


@given(QUERIES)
def test_every_clause_stands_where_it_says(query: ast.Query) -> None:
    text = canonical(query)
    waiting = [parse(text)]
    while waiting:
        node = waiting.pop()
        assert parse(text[node.span.start : node.span.end]) == node
        if isinstance(node, ast.And | ast.Or):
            waiting.extend(node.children)
        elif isinstance(node, ast.Not):
            waiting.append(node.child)


@given(st.text(max_size=60))
@example("'\\")
@example("\x1f\u2028'")
def test_tokens_and_spaces_are_the_whole_text(text: str) -> None:
    end = 0
    for token in tokens(text, Report(text)):
        assert text[end : token.start].strip() == ""
        assert text[token.start : token.end] == token.text
        end = token.end
    assert text[end:].strip() == ""


WORDS = (
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "CONTAINS",
    "IS",
    "NULL",
    "MATCHES",
    "NOT_MATCHES",
    "IN",
    "STARTS",
    "WITH",
    "today",
    "true",
    "sum_amount(date",
    "1.2 *",
    "WHERE",
)
SIGNS = ("(", ")", "(((", ")))", ",", ":", "=", "!=", ">=", "<", "'", "\\", '"', "-", "+", ".", "'x'")
NAMES = (
    "amount_spent",
    "orders_placed",
    "date",
    "id",
    "count",
    "since",
    "until",
    "anniversary",
    "'metafields.a.b'",
    "coordinates",
)
LITERALS = ("2026-01-01", "2026-02-30T25:00:00", "-7d", "30_days_ago", "1,5", "999999999999999999999")
FRAGMENTS = st.one_of(
    st.sampled_from((*WORDS, *SIGNS, *NAMES, *LITERALS)),
    st.text(max_size=3),
    st.characters(categories=("Cs", "Cf", "Cc", "Nd", "Zs")),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good query in which a few pieces were put in, taken out or exchanged."""
    text = canonical(draw(QUERIES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        gap = draw(st.sampled_from(("", " ")))
        text = text[:start] + gap + draw(FRAGMENTS) + gap + text[end:]
    return text


@given(st.one_of(damaged(), st.lists(FRAGMENTS, max_size=25).map(" ".join), st.text(max_size=40)))
@example("(" * 3000)
@example("NOT(" * 1000)
@example("a OR " * 900)
@example("orders_placed MATCHES (" * 200)
@example("'" * 999)
def test_any_text_is_accepted_or_refused_with_problems_that_lie_in_it(text: str) -> None:
    lines = text.split("\n")
    checked, problems = outcome(text)
    if checked is not None:
        assert parse(checked.canonical) == checked.query
    else:
        assert problems
    for problem in problems:
        assert problem.code in get_args(Code)
        assert 1 <= problem.line <= len(lines)
        assert 0 <= problem.column <= len(lines[problem.line - 1])
        assert problem.message
        assert str(problem).isprintable()


def outcome(text: str) -> tuple[Checked | None, tuple[Problem, ...]]:
    """What `check` says: the query with its warnings, or None with its problems."""
    try:
        checked = check(text)
    except InvalidQuery as refusal:
        return None, refusal.problems
    return checked, checked.warnings
