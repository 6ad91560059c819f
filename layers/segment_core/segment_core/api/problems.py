"""Errors as answers: one table from the error tree to a status and a title, in the shape of RFC 9457.

    {"type", "title", "status", "detail", "instance", "code"}, for a query also "problems"

`type` and `code` name the problem and are stable, `title` belongs to the status, `detail` is about this
occurrence, and `instance` is the request's id, which the log lines carry too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from segment_core.errors import (
    Conflict,
    Contention,
    Forbidden,
    InvalidDocument,
    InvalidQuery,
    InvalidRequest,
    NotFound,
    NotUnderstood,
    PreconditionFailed,
    PreconditionRequired,
    TidemarkError,
    TooLarge,
    TooMany,
    Unauthorised,
)

CONTENT_TYPE = "application/problem+json"


class Answer(NamedTuple):
    """How an error is answered."""

    status: int
    title: str


_ANSWERS: dict[type[TidemarkError], Answer] = {
    InvalidRequest: Answer(400, "The request cannot be carried out as written"),
    InvalidDocument: Answer(400, "The customer document breaks the format"),
    NotUnderstood: Answer(400, "The message is not what its topic promises"),
    Unauthorised: Answer(401, "The signature or the token does not hold"),
    Forbidden: Answer(403, "This is not allowed to you"),
    NotFound: Answer(404, "There is no such thing"),
    Conflict: Answer(409, "The request contradicts what is stored"),
    PreconditionFailed: Answer(412, "It was changed in the meantime"),
    TooLarge: Answer(413, "The request is too large"),
    InvalidQuery: Answer(422, "The query has problems"),
    PreconditionRequired: Answer(428, "Say which state of it the request is about"),
    TooMany: Answer(429, "This is more than a shop may ask for"),
    Contention: Answer(503, "Others are changing the same thing"),
}

# The only family whose answer depends on its code: JSON in another dress than the one we read.
UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
_ANSWERS_BY_CODE: dict[str, Answer] = {
    UNSUPPORTED_MEDIA_TYPE: Answer(415, "The body is in a format that is not read here"),
}

UNEXPECTED = Answer(500, "Something went wrong on our side")


def answer_of(error: TidemarkError) -> Answer:
    """The status and title of an error: its code's, else its nearest family's."""
    if error.code in _ANSWERS_BY_CODE:
        return _ANSWERS_BY_CODE[error.code]
    return next((_ANSWERS[family] for family in type(error).__mro__ if family in _ANSWERS), UNEXPECTED)


def problem(error: TidemarkError, request_id: str) -> dict[str, Any]:
    """The body that tells of an error."""
    body = _body(answer_of(error), error.code, error.message, request_id)
    if isinstance(error, InvalidQuery):
        body["problems"] = [
            {
                "line": one.line,
                "column": one.column,
                "length": one.length,
                "code": one.code,
                "message": one.message,
                "hint": one.hint,
            }
            for one in error.problems
        ]
    return body


def unexpected(request_id: str) -> dict[str, Any]:
    """The body for an error that nobody foresaw: it says where to look, and nothing of what went wrong."""
    return _body(UNEXPECTED, "internal_error", "the request failed; its id finds it in the logs", request_id)


def _body(answer: Answer, code: str, detail: str, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:tidemark:problem:{code}",
        "title": answer.title,
        "status": answer.status,
        "detail": detail,
        "instance": f"urn:tidemark:request:{request_id}",
        "code": code,
    }
