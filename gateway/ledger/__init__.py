"""The log: the tree that grows, and what is published of it. May import ``keys`` and ``contracts``, no database."""
