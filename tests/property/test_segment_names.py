"""A name has a key that the store takes, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segment_core.errors import InvalidRequest
from segment_core.store import keys

# Every code point, halves of surrogate pairs too, and runs of one: what grows without letter case grows most so.
characters = st.characters(exclude_categories=())
names = st.text(characters, max_size=255) | st.builds(lambda one, times: one * times, characters, st.integers(1, 255))


@given(names)
@example("\u0390" * 255)
@example("\U0001f389" * 255)
@example("\ud83c")
def test_a_name_has_a_key_or_is_refused(name: str) -> None:
    whole = not any("\ud800" <= character <= "\udfff" for character in name)
    if whole and len(name.casefold().encode()) <= 1024 - len("NAME#"):
        assert keys.segment_name(name).encode()
    else:
        with pytest.raises(InvalidRequest, match=r"^Name "):
            keys.segment_name(name)
