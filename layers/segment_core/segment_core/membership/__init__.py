"""Membership: evaluating a customer, committing the result, and everything that follows from it."""
