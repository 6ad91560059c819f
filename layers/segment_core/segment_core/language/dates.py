"""Dates as people write them: days, moments, offsets and names."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import cast

from segment_core.language.ast import DateExpression, Day, DayExpression, Moment, Named, Offset, OffsetUnit
from segment_core.language.lexer import Token
from segment_core.language.problems import shown
from segment_core.language.reader import Reader
from segment_core.language.vocabulary import DEPRECATED_DATES

_LONGEST_OFFSET = 5

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
_OFFSET = r"([+-])([0-9]+)([dwmy])"

_DATE_FORMS = "write YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS, an offset such as -30d, today or yesterday"
_DATE_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"(?i)([0-9]+)[_ ](?:(d)ay|(w)eek|(m)onth|(y)ear)s?[_ ]ago",
        "write {}",
    ),
    (r"([0-9]{1,3})", "an offset has a sign and a unit: write {}d"),
    (r"(?i)tomorrow", "write +1d"),
    (r"[0-9]+[dwmy]", "an offset has a sign: -30d or +30d"),
    (r"[+-][0-9]+[DWMY]", "the unit is in lower case: d, w, m or y"),
    (r"[+-][0-9]+[dwmy]T.*", "an offset is a whole day and cannot carry a time"),
    (r"[+-][0-9]+.*", "the unit of an offset is d, w, m or y"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt].*", "write the time as HH:MM:SS on 24 hours, without a zone"),
    (r"(?i)[0-9]{1,2}(:[0-9]{2})*([ap]m)?", "a time needs its day: 2026-03-01T16:00:00"),
    (r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}", "write the date as YYYY-MM-DD"),
)


def day_or_moment(text: str) -> Day | Moment | None:
    """The date that a text names, as the store writes dates; None if it names none."""
    try:
        if re.fullmatch(_DAY, text):
            return Day(date.fromisoformat(text))
        return Moment(datetime.fromisoformat(text)) if re.fullmatch(_MOMENT, text) else None
    except ValueError:
        return None


def read_date(token: Token, reader: Reader) -> DateExpression | None:
    """A date as people write it; None if it is none, which is then in the report."""
    text = token.value
    if text.lower() in ("today", "yesterday"):
        return Named("today" if text.lower() == "today" else "yesterday")
    if text in DEPRECATED_DATES:
        current = DEPRECATED_DATES[text]
        reader.report.warn("deprecated_date", token.start, token.end, f"'{text}' is deprecated.", f"write {current}")
        text = current
    offset = re.fullmatch(_OFFSET, text)
    if offset is not None:
        return _offset(token, offset, reader)
    if re.fullmatch(_DAY, text) or re.fullmatch(_MOMENT, text):
        return _calendar_date(token, text, reader)
    reader.wrong_type(token, "a date", _date_advice(text))
    return None


def read_day(token: Token, reader: Reader) -> DayExpression | None:
    """A date without a time of day."""
    value = read_date(token, reader)
    if not isinstance(value, Moment):
        return value
    reader.wrong_type(token, "a whole day", f"write {value.local.date().isoformat()}")
    return None


def _offset(token: Token, match: re.Match[str], reader: Reader) -> Offset | None:
    sign, digits, unit = match.groups()
    if len(digits) > _LONGEST_OFFSET:
        message = f"'{shown(token.value)}' is too far away (maximum is {_LONGEST_OFFSET} digits)"
        reader.refuse("offset_too_large", token, message, "")
        return None
    return Offset(int(sign + digits), cast(OffsetUnit, unit))


def _calendar_date(token: Token, text: str, reader: Reader) -> Day | Moment | None:
    try:
        return Moment(datetime.fromisoformat(text)) if "T" in text else Day(date.fromisoformat(text))
    except ValueError:
        hint = "hours go from 00 to 23" if "T" in text else ""
        reader.refuse("invalid_date", token, f"There is no such date as '{text}'.", hint)
        return None


def _date_advice(text: str) -> str:
    for pattern, advice in _DATE_ADVICE:
        match = re.fullmatch(pattern, text)
        if match is not None:
            count_and_unit = "".join(group for group in match.groups() if group and "{}" in advice)
            return advice.format(f"-{count_and_unit.lower()}")
    return _DATE_FORMS
