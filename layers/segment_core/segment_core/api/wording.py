"""What is wrong with a field, in our words: one table from the kind of a validation error to them.

Callers read these; the validator's own words name its types and rules, which are not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_core.api.models import FORMS

_WORDS: dict[str, str] = {
    "bool_type": "must be true or false",
    "date_from_datetime_inexact": "must be a date without a time, such as 2026-03-01",
    "date_from_datetime_parsing": "must be a date, such as 2026-03-01",
    "dict_type": "must be an object",
    "extra_forbidden": "is not known here",
    "greater_than_equal": "must be at least {ge}",
    "int_parsing": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "missing": "is missing",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be text",
    "too_long": "must have at most {max_length} elements",
    "too_short": "must have {min_length} or more elements",
    "value_error": "{error}",
}


def wording(error: Mapping[str, Any]) -> str:
    """The words for one validation error; the validator's own where the table has none."""
    if error.get("loc", ())[:1] == ("query",) and isinstance(error.get("input"), list):
        # No parameter has several values; what is wrong with the type of the list is not what the caller did.
        return "must be given only once"
    context = error.get("ctx") or {}
    if error["type"] == "string_pattern_mismatch":
        return FORMS[context["pattern"]]
    words = _WORDS.get(error["type"])
    return str(error["msg"]) if words is None else words.format_map(context)
