"""The local stack: the whole system of template.yaml on this machine."""

from tidemark.stack.errors import ClockError, NotIdle, StackError, StoreError, TemplateError
from tidemark.stack.stack import Stack

__all__ = ["ClockError", "NotIdle", "Stack", "StackError", "StoreError", "TemplateError"]
