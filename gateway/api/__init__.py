"""The HTTP edge: routes, and one map from errors to problems. Decides nothing."""
