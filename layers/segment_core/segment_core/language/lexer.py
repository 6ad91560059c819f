"""Text to tokens. Anything is cut into tokens; what cannot be meant is reported and still becomes one.

A bare run of characters is one token up to the next space or delimiter, so that a problem points at
the whole word that its author sees (`2020-05-30T8:00:00`, `05/30/2020`, `???`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from segment_core.language.problems import Report, shown
from segment_core.record import record

Kind = Literal["word", "keyword", "string", "literal", "symbol", "junk", "end"]

KEYWORDS = frozenset(
    ("AND", "OR", "NOT", "BETWEEN", "CONTAINS", "IN", "IS", "NULL", "MATCHES", "NOT_MATCHES", "STARTS", "WITH")
)

_MISTAKEN_OPERATORS = {"==": "=", "<>": "!=", "=>": ">=", "=<": "<="}

_CURLY_DOUBLE, _CURLY_SINGLE = "\u201c\u201d", "\u2018\u2019"
_WRONG_QUOTES = f'"{_CURLY_DOUBLE}{_CURLY_SINGLE}'
_DELIMITERS = rf"\s()=!<>,'{_WRONG_QUOTES}"

# A word ends at a colon (`id:5`), a literal does not (`16:00:00`).
_TOKEN = rf"""(?xs)
      (?P<space>    \s+ )
    | (?P<string>   '[^'\\]*(?:\\.[^'\\]*)*(?:(?P<closing>')|\\?) )
    | (?P<quoted>   "[^"]*"? | [{_CURLY_DOUBLE}][^{_CURLY_DOUBLE}]*[{_CURLY_DOUBLE}]?
                             | [{_CURLY_SINGLE}][^{_CURLY_SINGLE}]*[{_CURLY_SINGLE}]? )
    | (?P<mistaken> == | <> | => | =< )
    | (?P<symbol>   != | >= | <= | [=<>(),:*] )
    | (?P<word>     [^\W\d][^:{_DELIMITERS}]* )
    | (?P<literal>  [+\-.]?\d[^*{_DELIMITERS}]* )
    | (?P<junk>     ! | [^{_DELIMITERS}]+ )
    """

_PLAIN: dict[str, Kind] = {"word": "word", "symbol": "symbol", "literal": "literal", "junk": "junk"}

_ESCAPE = r"\\([\\'])"


@record
class Token:
    """`text[start:end]`. `value` is a string's content, and a keyword or symbol in its one spelling."""

    kind: Kind
    text: str
    start: int
    end: int
    value: str

    @property
    def place(self) -> tuple[int, int]:
        """Start and end."""
        return self.start, self.end

    def touches(self, following: Token) -> bool:
        """Whether nothing stands between this token and the next."""
        return self.end == following.start


def tokens(text: str, report: Report) -> list[Token]:
    """All tokens of `text`, the last of kind `end`. Time and memory grow with its length only."""
    _report_unpaired_surrogates(text, report)
    result = list(_scan(text, report))
    end = result[-1].end if result else 0
    result.append(Token("end", "", end, end, ""))
    return result


def _scan(text: str, report: Report) -> Iterator[Token]:
    for match in re.finditer(_TOKEN, text):
        group, written, start, end = match.lastgroup, match.group(), match.start(), match.end()
        kind: Kind
        if group == "space":
            continue
        if group == "string":
            kind, value = "string", re.sub(_ESCAPE, r"\1", written[1:-1] if match["closing"] else written[1:])
            if not match["closing"]:
                report.form("unclosed_text", start, end, "The text that begins here has no closing quote.")
        elif group == "quoted":
            kind, value = "string", written.strip(_WRONG_QUOTES)
            report.form("wrong_quotes", start, end, f"{shown(written)} is unexpected.", f"write '{shown(value)}'")
        elif group == "mistaken":
            kind, value = "symbol", _MISTAKEN_OPERATORS[written]
            report.form("unexpected", start, end, f"'{written}' is unexpected.", f"write {value}")
        elif group == "word" and written.isascii() and written.upper() in KEYWORDS:
            # Only ASCII letters: a dotless i is upper-cased to I, and that word is not a keyword.
            kind, value = "keyword", written.upper()
        else:
            kind, value = _PLAIN[str(group)], written
        yield Token(kind, written, start, end, value)


def _report_unpaired_surrogates(text: str, report: Report) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        character = shown(text[error.start])
        report.form("invalid_character", error.start, error.start + 1, f"'{character}' is not a character.")
