"""Tidemark's core: who belongs in a segment, and from when until when."""

from __future__ import annotations

# Of the product and of its HTTP API alike; pyproject.toml says the same.
__version__ = "0.1.0"
