"""What reading one value of a clause can find wrong with it."""

from __future__ import annotations

from segment_core.language.lexer import Token
from segment_core.language.problems import Code, Report, shown
from segment_core.language.vocabulary import Domain


class Reader:
    """Reads values of one clause and says what is wrong with them. `subject` is the filter's name."""

    def __init__(self, subject: str, domain: Domain, report: Report) -> None:
        self.subject = subject
        self.domain = domain
        self.report = report

    def refuse(self, code: Code, token: Token, message: str, hint: str) -> None:
        """Report a problem of the token."""
        self.report.meaning(code, token.start, token.end, message, hint)

    def wrong_type(self, token: Token, wanted: str, hint: str) -> None:
        """Report that the token is not what is wanted there."""
        written = shown(token.text).strip("'")
        self.refuse("wrong_type", token, f"{self.subject} needs {wanted}, not '{written}'", hint)
