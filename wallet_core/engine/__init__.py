"""The engine: gathers commands into batches, and commits each batch once."""
