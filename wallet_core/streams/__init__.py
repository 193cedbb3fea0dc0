"""Streams: what runs behind the commits, and comes back in by the front door as commands (design 1)."""
