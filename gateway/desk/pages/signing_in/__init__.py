"""Signing in: by the agency's own OpenID Connect provider, or in a demonstration as one of its staff."""
