"""Storage: the port, and the two databases behind it."""
