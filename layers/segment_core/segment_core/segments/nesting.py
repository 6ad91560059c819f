"""Segments that ask segments: by name where people write and read them, by id where they are stored.

So a segment can be renamed without a change to those that ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from segment_core.language import Problem, ast, canonical, check, parse
from segment_core.language.segments import asked, renamed
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.record import record, replace
from segment_core.segments.plan import dependents
from segment_core.store import segments, shops
from segment_core.store.tables import Tables

# What a text that asks no other segment does not hold.
_FILTER = "in_segment"


@record
class Written:
    """A query as people read it (`shown`), with the names of the segments that it asks, and as it is stored (`query`),
    with their ids. `asks` are those ids, in order.
    """

    shown: ast.Query
    query: ast.Query
    asks: tuple[str, ...]
    warnings: tuple[Problem, ...]


class Askable(Mapping[str, ast.Query]):
    """The shop's segments as `check` wants them: by every name that they go by, read when one is asked for.

    A segment's tree is that of its newest definition, in which other segments stand by their names.
    """

    def __init__(self, table: str, shop: str, generation: Generation) -> None:
        self._table, self._shop = table, shop
        self._live = generation.newest
        self._names: dict[str, str] | None = None
        self._texts: dict[str, str] | None = None
        self._trees: dict[str, ast.Query] = {}

    @property
    def names(self) -> Mapping[str, str]:
        """Segment id to name, of all that are live."""
        if self._names is None:
            every = segments.after(self._table, self._shop)
            self._names = {one.id: one.name for one in every if one.id in self._live}
        return self._names

    def id_of(self, name: str) -> str:
        """The segment of that name or id. Raises KeyError."""
        return self._by_name()[name]

    def __getitem__(self, name: str) -> ast.Query:
        segment = self._by_name()[name]
        if self._texts is None:
            self._texts = segments.all_texts(self._table, self._shop)
        if segment not in self._trees:
            self._trees[segment] = renamed(parse(self._texts[self._live[segment].text]), self.names)
        return self._trees[segment]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        return len(self._by_name())

    def _by_name(self) -> dict[str, str]:
        return {one: one for one in self.names} | {name: one for one, name in self.names.items()}


def understood(
    tables: Tables,
    shop: str,
    generation: Generation,
    text: str,
    segment: str | None = None,
    saving: frozenset[str] = frozenset(),
) -> Written:
    """What somebody wrote, under the shop's own limits: what is checked, tried out and saved is read here alone.

    It is, or would be, the new query of `segment`, which goes by the names of `saving`. Raises InvalidQuery with every
    problem: also of a segment that is not there, or that leads back here, and where this one or one that asks it
    becomes too deep or too large. Raises NotFound (`shop_not_found`).
    """
    askable, limits = Askable(tables.segments, shop, generation), shops.existing(tables.segments, shop).language.limits
    alone = _FILTER not in text and not (segment and dependents(generation, segment))
    found = check(text, limits if alone else replace(limits, segments=askable, saving=saving))
    ids = {name: askable.id_of(name) for name in asked(found.query)}
    query = renamed(found.query, ids)
    shown = renamed(query, askable.names) if ids else query
    return Written(shown, query, tuple(sorted(ids.values())), found.warnings)


def worded(query: str, names: Mapping[str, str]) -> str:
    """A stored text as people read it: with the names of the segments that it asks."""
    return canonical(renamed(parse(query), names)) if _FILTER in query else query


def names_for(table: str, shop: str, definitions: Iterable[LiveDefinition]) -> dict[str, str]:
    """Segment id to name, of the segments that those definitions ask."""
    return segments.names(table, shop, (segment for one in definitions for segment in one.asks))
