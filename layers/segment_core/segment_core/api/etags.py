"""ETags of segments, of what can be asked for only: name and query, whose editions are counted.

What follows from facts, time and builds (count, state) is in no writer's way: in what a reader was sent, the edition is
followed by a digest of all that was said, and `If-Match` looks at the edition alone.
"""

from __future__ import annotations

import re

from segment_core.errors import InvalidRequest

# RFC 9110: a list of entity tags, or any. Weak ones never match strongly, so they are as good as another state's.
_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*')
_MOST_CHARACTERS = 1024
_EDITION = re.compile(r"([1-9][0-9]{0,17})(\.[0-9a-f]+)?")


def etag(edition: int) -> str:
    """The ETag of that edition of a segment."""
    return f'"{edition}"'


def editions(if_match: str) -> frozenset[int] | None:
    """The editions that an If-Match header names; None for any. Raises InvalidRequest (`invalid_precondition`)."""
    if if_match.strip() == "*":
        return None
    tags = [_TAG.fullmatch(part) for part in if_match.split(",")]
    if len(if_match) > _MOST_CHARACTERS or not all(tags):
        raise InvalidRequest(
            'If-Match must be an ETag as it was sent, in its quotes, such as "3", or *', code="invalid_precondition"
        )
    strong = {tag[2] for tag in tags if tag and not tag[1]}
    return frozenset(int(edition[1]) for text in strong if (edition := _EDITION.fullmatch(text)))
