"""Replays real purchase histories through the whole system and compares it with brute force at every step."""
