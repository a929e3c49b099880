"""An agency's side: it holds the keys, seals, signs and opens, and serves pages and a plain local API to its staff.

It may import `contracts` and `keys`. It speaks to the gateway over HTTP like any agency, and never touches its tables.
"""
