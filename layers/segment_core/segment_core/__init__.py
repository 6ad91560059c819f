"""Tidemark's core: who belongs in a segment, and from when until when."""
