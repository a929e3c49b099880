"""The story that the demonstration tells: one file a scene, each played through the real processes."""
