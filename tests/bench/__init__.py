"""Measurements: how fast, how soon, how heavy. Nothing here passes or fails."""
