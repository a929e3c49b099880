"""The pages of a desk, for people: server-rendered, and working without scripts."""
