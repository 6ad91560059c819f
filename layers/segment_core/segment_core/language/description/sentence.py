"""A whole query as one sentence in which it is plain what AND, OR, NOT and parentheses hold together.

The parts of the outermost group each begin with "who"; a group within it says "both ... and" or "either ... or";
deeper ones stand in parentheses too.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from segment_core.language import ast
from segment_core.language.description.clauses import phrase
from segment_core.language.description.values import quoted
from segment_core.language.description.words import Words
from segment_core.language.normal import opposite
from segment_core.language.printer import canonical
from segment_core.record import record


def sentence(query: ast.Query, words: Words, currency: str | None) -> str:
    """The query in the words. A clause that they do not hold is quoted in its canonical text."""
    return words.sentence.format(_Sentence(words, currency).part(query, 0))


@cache
def words_of(locale: str) -> Words:
    """The table of the language."""
    return cast(Words, import_module(f"segment_core.language.description.{locale}").WORDS)


@record
class _Sentence:
    words: Words
    currency: str | None

    def part(self, node: ast.Query, depth: int) -> str:
        """The verb phrase of a part that lies `depth` groups deep."""
        if isinstance(node, ast.And | ast.Or):
            return self._group(node, depth)
        if isinstance(node, ast.Not) and isinstance(node.child, ast.InSegment):
            return self.words.segment.fails.format(quoted(node.child.segment, self.words))
        if isinstance(node, ast.Not):
            plain = opposite(node.child, node.span)
            return self._negation(node.child, depth) if plain is None else self.part(plain, depth)
        try:
            return phrase(node, self.words, self.currency)
        except KeyError:
            return self.words.fallback.format(quoted(canonical(node), self.words))

    def _group(self, node: ast.And | ast.Or, depth: int) -> str:
        words, all_of = self.words, isinstance(node, ast.And)
        parts = [self.part(child, depth + 1) for child in node.children]
        if depth == 0:
            return (words.and_who if all_of else words.or_who).join(parts)
        whole = (words.both if all_of else words.either).format((words.and_ if all_of else words.or_).join(parts))
        return f"({whole})" if depth > 1 else whole

    def _negation(self, child: ast.Query, depth: int) -> str:
        said = self.part(child, max(depth, 1))
        alone = depth < 1 or said.startswith("(")
        return self.words.not_among.format(said if alone else f"({said})")
