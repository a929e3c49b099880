"""Signing in: by the agency's own OpenID Connect provider, or in a demonstration as one of its staff.

`flow` begins and finishes a sign-in at a provider: `client` speaks with it, `id_token` and `person` judge what it said.
`pages` has the addresses that a browser sees, and `returning` says where it may go afterwards.
"""
