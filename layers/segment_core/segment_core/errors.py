"""The errors of segment_core, as one small tree.

    TidemarkError                 something the caller must hear about; `code` is stable
    ├── InvalidQuery              a query with problems, each with its place and a hint
    ├── InvalidDocument           a customer document that breaks the format: path and reason
    ├── InvalidRequest            an API request that cannot be carried out as written
    ├── NotUnderstood             a webhook body that is not what its topic promises
    ├── NotFound                  no such shop, segment or customer
    ├── Conflict                  the request contradicts what is stored
    ├── PreconditionFailed        what is stored is not what the request is about any more
    ├── PreconditionRequired      the request must say what it is about
    ├── TooMany                   more than a shop may ask for; `retry_after` says when to try again
    ├── Unauthorised              a signature or a token does not hold
    ├── Forbidden                 whoever asks is known, and may not do this
    ├── TooLarge                  more than we take in one piece
    └── Contention                others kept changing the same item; try again

Messages are written for the person who made the request. They name fields and limits, never stored values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segment_core.language.problems import Problem


class TidemarkError(Exception):
    """Root of the tree. `code` is part of the interface: it never changes its meaning."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidQuery(TidemarkError):
    """A query that was refused. `problems` holds all of them, syntax first, then by place."""

    code = "invalid_query"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


class InvalidDocument(TidemarkError):
    """A customer document that breaks the format. `path` is where, for example `orders[2].total`."""

    code = "invalid_document"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class InvalidRequest(TidemarkError):
    """The request cannot be carried out as written."""

    code = "invalid_request"


class NotUnderstood(TidemarkError):
    """A message that is not what its topic promises; retrying cannot help."""

    code = "not_understood"


class NotFound(TidemarkError):
    """No such shop, segment or customer."""

    code = "not_found"


class Conflict(TidemarkError):
    """The request contradicts what is stored, for example a segment name that is taken."""

    code = "conflict"


class PreconditionFailed(TidemarkError):
    """What is stored is not what the request says that it is about: somebody else changed it."""

    code = "precondition_failed"


class PreconditionRequired(TidemarkError):
    """The request changes something and must say which state of it that is about."""

    code = "precondition_required"


class TooMany(TidemarkError):
    """More than one shop may have or ask for. `retry_after` is in seconds."""

    code = "too_many"

    def __init__(self, message: str, *, code: str, retry_after: int) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unauthorised(TidemarkError):
    """A signature or a token does not hold."""

    code = "unauthorised"


class Forbidden(TidemarkError):
    """Whoever asks is known, and may not do this: a missing scope, another shop."""

    code = "forbidden"


class TooLarge(TidemarkError):
    """More than is taken in one piece."""

    code = "too_large"


class Contention(TidemarkError):
    """Others kept changing the same item; the whole operation may be tried again."""

    code = "contention"
