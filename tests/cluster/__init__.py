"""The demonstration on three nodes, with a PostgreSQL of its own."""
