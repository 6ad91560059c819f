"""How CEL joins conditions."""

from __future__ import annotations

WORDS = {"and": "&&", "or": "||", "not": "!"}
