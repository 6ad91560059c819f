"""The segment language: text to a checked syntax tree and back to one canonical text.

`check` is for what somebody typed, `parse` for what `check` accepted before, `canonical` is the way back and
`describe` a sentence.
"""

from __future__ import annotations

from segment_core.language.check import Checked, check, parse
from segment_core.language.description import describe
from segment_core.language.limits import Limits
from segment_core.language.printer import canonical
from segment_core.language.problems import Problem

__all__ = ["Checked", "Limits", "Problem", "canonical", "check", "describe", "parse"]
