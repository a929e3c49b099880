"""What is said: every message, word and document of the agreement, as strict data. Imports msgspec only."""
