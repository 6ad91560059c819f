"""What is to be said of a query before anybody is asked: problems, what it means, and what it depends on."""

from __future__ import annotations

from segment_core.errors import InvalidQuery
from segment_core.evaluator import Fact, Reach, depends_on
from segment_core.language import Problem, describe
from segment_core.language.description import LOCALES
from segment_core.record import record, values
from segment_core.segments import asking


@record
class Dependency:
    """A kind of facts that can change the answer; `days` is how many dates back it looks, None for ever."""

    kind: str
    name: str
    days: Reach


@record
class Check:
    """A query's problems, or else its canonical text, its sentences by language, and what it depends on."""

    valid: bool
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    canonical: str | None
    descriptions: dict[str, str] | None
    depends_on: list[Dependency]


def check_query(text: str, currency: str) -> Check:
    """Look at what somebody wrote; amounts in its sentences are in that currency."""
    try:
        checked = asking.checked(text)
    except InvalidQuery as refused:
        return Check(False, refused.problems, (), None, None, [])
    sentences = {locale: describe(checked.query, locale, currency) for locale in LOCALES}
    found = depends_on(checked.query)
    dependencies = [_told(fact, found[fact]) for fact in sorted(found, key=values)]
    return Check(True, (), checked.warnings, checked.canonical, sentences, dependencies)


def _told(fact: Fact, reach: Reach) -> Dependency:
    return Dependency(fact.kind, fact.name, reach)
