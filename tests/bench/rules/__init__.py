"""Many rules about one customer: other engines and ours on the same customers and rules."""
