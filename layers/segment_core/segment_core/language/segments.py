"""`in_segment('name')`: whether there is such a segment, and whether asking it comes to an end.

A segment may be asked by several others, and those by one more; what it may not do is lead back to the one that is
being saved, or so deep that asking it takes too long.
"""

from __future__ import annotations

from collections.abc import Iterator

from segment_core.language import ast
from segment_core.language.arguments import quoted_argument
from segment_core.language.extensions import check_extension
from segment_core.language.lexer import Token
from segment_core.language.limits import DEEPEST_SEGMENTS, MOST_CLAUSES_OF_SEGMENTS, Limits, Segments
from segment_core.language.problems import Report, shown
from segment_core.language.syntax import Clause
from segment_core.language.vocabulary import Predicate
from segment_core.nearest import nearest


def check_segment(clause: Clause, predicate: Predicate, limits: Limits, report: Report) -> ast.InSegment | None:
    """What the clause means; None if it is wrong, which is then in the report."""
    before = report.mark
    check_extension(predicate.name, predicate.instead, clause.name.place, limits, report)
    token = quoted_argument(clause, predicate.argument)
    if token is None or clause.operator.name:
        message = f"{predicate.name} needs the name of one segment in quotes, and nothing else"
        report.meaning("missing_parameter", *clause.name.place, message, f"write {predicate.example}")
    elif limits.segments is not None:
        _check_known(token, limits.segments, limits.saving, report)
    return ast.InSegment(token.value, clause.span) if token and report.mark == before else None


def _check_known(token: Token, segments: Segments, saving: frozenset[str], report: Report) -> None:
    name = token.value
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
        report.meaning("segment_cycle", *token.place, message, "write out what is meant in one of them")
    elif search.too_deep:
        message = f"'{shown(name)}' asks segments that ask segments, more than {DEEPEST_SEGMENTS} deep"
        report.meaning("segments_too_deep", *token.place, message, "write out what is meant in one of them")
    elif search.sizes[name] > MOST_CLAUSES_OF_SEGMENTS:
        message = f"'{shown(name)}' has more than {MOST_CLAUSES_OF_SEGMENTS} clauses with those of its segments"
        report.meaning("too_many_clauses", *token.place, message, "write out what is meant in one of them")


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
        if name in self.sizes or self.circle or len(path) > DEEPEST_SEGMENTS:
            self.too_deep = self.too_deep or len(path) + self._depths.get(name, 0) > DEEPEST_SEGMENTS
            return
        size = depth = 0
        for clause in clauses(self._segments[name]) if name in self._segments else ():
            size += 1
            if isinstance(clause, ast.InSegment):
                self.visit(clause.segment, path)
                size += self.sizes.get(clause.segment, 0)
                depth = max(depth, 1 + self._depths.get(clause.segment, 0))
        self.sizes[name], self._depths[name] = size, depth


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
