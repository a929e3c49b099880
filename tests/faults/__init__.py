"""What breaks on purpose, and a checker that reads only what clients saw and what the log says in public."""
