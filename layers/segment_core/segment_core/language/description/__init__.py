"""A query as a sentence that a merchant would write, in the languages for which there is a table of words.

To add a filter, add its entry to each of the tables `en` and `nb`; to add a language, add a table.
"""

from segment_core.language.description.sentence import LOCALES, describe

__all__ = ["LOCALES", "describe"]
