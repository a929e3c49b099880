"""Pure decisions: the same arguments always give the same answer. No clock, no await, no I/O.

It may import `contracts`, `keys` and the calendar's data, and nothing that does something.
"""
