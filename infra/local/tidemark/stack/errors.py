"""What can stop the local stack, as one small tree.

StackError            the stack cannot do what was asked; the message says what and where
├── TemplateError     template.yaml says something that cannot be run here, with its place
├── StoreError        the table store cannot be fetched, started or reached
├── ClockError        the clock cannot be moved there
└── NotIdle           work was still under way when the time to wait was over
"""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked."""


class TemplateError(StackError):
    """The template says something that cannot be run here. `place` is where, for example `Resources.ApiFunction`."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class StoreError(StackError):
    """The table store cannot be fetched, started or reached."""


class ClockError(StackError):
    """The clock cannot be moved there."""


class NotIdle(StackError):
    """Work was still under way when the time to wait was over."""
