"""A query as a sentence that a merchant would write, in the languages for which there is a table of words.

To add a filter, add its entry to each of the tables `en` and `nb`; to add a language, add a table and name it here.
"""

from __future__ import annotations

from typing import Final

from segment_core.errors import InvalidRequest
from segment_core.language import ast
from segment_core.language.problems import alternatives, shown

LOCALES: Final = ("en", "nb")
"""The languages there are words for: English and Norwegian Bokmål."""


def describe(query: ast.Query, locale: str, currency: str | None = None) -> str:
    """The query as a sentence in the language, one of LOCALES; money is in the currency if that is given.

    A clause that the language has no words for is quoted in its canonical text. Raises InvalidRequest for a language
    without a table.
    """
    if locale not in LOCALES:
        raise InvalidRequest(f"there are no descriptions in '{shown(locale)}'; ask for {alternatives(LOCALES)}")
    # Imported when first asked for: whoever evaluates needs none of it, at a cold start least of all.
    from segment_core.language.description.sentence import sentence, words_of

    return sentence(query, words_of(locale), currency)
