"""Who says it, and for whose eyes: directory, tokens, sealing, notes, receipts, vault.

Imports contracts, cryptography and pyjwt. Nothing here opens a socket or reads a clock.
"""
