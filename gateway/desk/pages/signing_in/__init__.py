"""Sign-in by OpenID Connect: an agency's own provider says who somebody is, and the desk believes nothing unchecked.

`flow` begins and finishes a sign-in, `provider` speaks with the provider, `id_token` and `person` judge what it said,
`returning` says where a person may go afterwards. It keeps no session and sets no cookie: that is its caller's.
"""
