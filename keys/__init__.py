"""Who says it, and for whose eyes: directory, tokens, sealing, notes, vault. Imports contracts, cryptography and pyjwt."""
