"""`in_segment('name')`: whether there is such a segment, and whether asking it comes to an end.

A segment may be asked by several others, and those by one more; what it may not do is lead back to the one that is
being saved, or so deep that asking it takes too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from segment_core.language import ast
from segment_core.language.arguments import quoted_argument
from segment_core.language.extensions import check_extension
from segment_core.language.lexer import Token
from segment_core.language.limits import DEEPEST_SEGMENTS, MOST_CLAUSES_OF_SEGMENTS, Limits, Segments
from segment_core.language.problems import Code, Report, shown
from segment_core.language.spelling import composed, folded
from segment_core.language.syntax import Clause
from segment_core.language.vocabulary import Predicate
from segment_core.nearest import nearest
from segment_core.record import replace

_ADVICE: Final = "write out what is meant in one of them"


def check_segment(clause: Clause, predicate: Predicate, limits: Limits, report: Report) -> ast.InSegment | None:
    """What the clause means; None if it is wrong, which is then in the report."""
    before = report.mark
    check_extension(predicate.name, predicate.instead, clause.name.place, limits, report)
    token = quoted_argument(clause, predicate.argument)
    name = composed(token.value) if token else ""
    if token is None or clause.operator.name:
        message = f"{predicate.name} needs the name of one segment in quotes, and nothing else"
        report.meaning("missing_parameter", *clause.name.place, message, f"write {predicate.example}")
    elif limits.segments is not None:
        name = _as_called(name, limits.segments, limits.saving)
        _check_known(name, token, limits.segments, limits.saving, report)
    return ast.InSegment(name, clause.span) if report.mark == before else None


def _as_called(name: str, segments: Segments, saving: frozenset[str]) -> str:
    """The name as its segment has it: no two differ by letter case only, so it need not be written the same way."""
    if name in segments or name in saving:
        return name
    wanted = folded(name)
    return next((one for one in (*segments, *sorted(saving)) if folded(one) == wanted), name)


def _check_known(name: str, token: Token, segments: Segments, saving: frozenset[str], report: Report) -> None:
    if name not in segments and name not in saving:
        near = nearest(name, segments)
        hint = f"did you mean '{shown(near)}'?" if near else "save that segment first"
        report.meaning("unknown_segment", *token.place, f"there is no segment '{shown(name)}'", hint)
        return
    search = _Search(segments, saving)
    search.visit(name, ())
    if search.circle:
        path = ", ".join(f"'{shown(one)}'" for one in search.circle)
        message = f"'{shown(name)}' leads back to the segment that is being saved: {path}"
        report.meaning("segment_cycle", *token.place, message, _ADVICE)
        return
    code, trouble = search.trouble(name)
    if code:
        report.meaning(code, *token.place, f"'{shown(name)}' {trouble}", _ADVICE)


def check_ancestors(query: ast.Query, limits: Limits, report: Report) -> bool:
    """Whether no segment that asks the one being saved becomes too large or too deep with its new query; if one does,
    that is then in the report.
    """
    if limits.segments is None or not limits.saving:
        return True
    known = {**limits.segments, **dict.fromkeys(limits.saving, query)}
    for name in _ancestors(limits.segments, limits.saving):
        search = _Search(known, frozenset())
        search.visit(name, ())
        code, trouble = search.trouble(name)
        if code:
            message = f"with this query '{shown(name)}', which asks this segment, {trouble}"
            report.meaning(code, *query.span.place, message, _ADVICE)
            return False
    return True


def _ancestors(segments: Segments, names: Collection[str]) -> Iterator[str]:
    """The segments that ask one of these, and those that ask them, in order from there."""
    askers: dict[str, list[str]] = {}
    for name, query in segments.items():
        for clause in clauses(query):
            if isinstance(clause, ast.InSegment):
                askers.setdefault(clause.segment, []).append(name)
    waiting, seen = deque(names), {*names}
    while waiting:
        for name in askers.get(waiting.popleft(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
                yield name


def _size(clause: ast.Clause) -> int:
    """As what a clause counts: each window that a total is compared with is one more."""
    totals = clause.parameters if isinstance(clause, ast.Matches) else ()
    return 1 + sum(isinstance(one.values[0], ast.Total) for one in totals)


class _Search:
    """A walk over the segments that a segment leads to, each only once: a diamond is no circle."""

    def __init__(self, segments: Segments, saving: frozenset[str]) -> None:
        self._segments = segments
        self._saving = saving
        self.circle: tuple[str, ...] = ()
        self.too_deep = False
        self.sizes: dict[str, int] = {}
        self._depths: dict[str, int] = {}

    def visit(self, name: str, path: tuple[str, ...]) -> None:
        """Look at what the segment asks; `path` leads to it."""
        path = (*path, name)
        if name in self._saving:
            self.circle = self.circle or path
        if name in self.sizes or self.circle or self.too_deep or len(path) > DEEPEST_SEGMENTS:
            self.too_deep = self.too_deep or len(path) + self._depths.get(name, 0) > DEEPEST_SEGMENTS
            return
        size = depth = 0
        for clause in clauses(self._segments[name]) if name in self._segments else ():
            size += _size(clause)
            if isinstance(clause, ast.InSegment):
                self.visit(clause.segment, path)
                size += self.sizes.get(clause.segment, 0)
                depth = max(depth, 1 + self._depths.get(clause.segment, 0))
        self.sizes[name], self._depths[name] = size, depth

    def trouble(self, name: str) -> tuple[Code | None, str]:
        """What makes the segment, once visited, too costly to ask; None if nothing does."""
        if self.too_deep:
            return "segments_too_deep", f"asks segments that ask segments, more than {DEEPEST_SEGMENTS} deep"
        if self.sizes[name] > MOST_CLAUSES_OF_SEGMENTS:
            return "too_many_clauses", f"has more than {MOST_CLAUSES_OF_SEGMENTS} clauses with those of its segments"
        return None, ""


def asked(query: ast.Query) -> frozenset[str]:
    """The segments that a query asks, by the names that it has for them."""
    return frozenset(clause.segment for clause in clauses(query) if isinstance(clause, ast.InSegment))


def renamed(query: ast.Query, names: Mapping[str, str]) -> ast.Query:
    """The same query with other names for the segments that it asks; what is not among `names` keeps its own."""
    match query:
        case ast.And() | ast.Or():
            return replace(query, children=tuple(renamed(child, names) for child in query.children))
        case ast.Not():
            return replace(query, child=renamed(query.child, names))
        case ast.InSegment():
            return replace(query, segment=names.get(query.segment, query.segment))
        case _:
            return query


def clauses(query: ast.Query) -> Iterator[ast.Clause]:
    """All clauses of a query."""
    waiting = [query]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.And | ast.Or):
            waiting.extend(node.children)
        elif isinstance(node, ast.Not):
            waiting.append(node.child)
        else:
            yield node
