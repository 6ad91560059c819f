"""One module for each engine: `build(rules)` makes what it needs of them, `given(values)` of a customer.

What `build` returns is called with what was given and returns the bits of the rules that hold.
"""
