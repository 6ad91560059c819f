"""What is to be said of a query before anybody is asked: problems, what it means, and what it depends on."""

from __future__ import annotations

from segment_core.errors import InvalidQuery
from segment_core.evaluator import Reach, depends_on
from segment_core.language import Problem, canonical, describe
from segment_core.language.description import LOCALES
from segment_core.record import record, values
from segment_core.segments import asking
from segment_core.store.tables import Tables


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


def check_query(tables: Tables, shop: str, text: str) -> Check:
    """Look at what somebody wrote, as if it were to be saved. Raises NotFound (`shop_not_found`)."""
    try:
        question, written = asking.of_text(tables, shop, text)
    except InvalidQuery as refused:
        return Check(False, refused.problems, (), None, None, [])
    sentences = {locale: describe(written.shown, locale, question.shop.currency) for locale in LOCALES}
    found = depends_on(written.query, question.shop.segments)
    told = [Dependency(fact.kind, fact.name, found[fact]) for fact in sorted(found, key=values)]
    return Check(True, (), written.warnings, canonical(written.shown), sentences, told)
