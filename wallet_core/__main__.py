"""`python -m wallet_core`: see `--help`."""

from wallet_core.cli import app

app()
