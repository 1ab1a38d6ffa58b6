"""The `switchboard` command. Commands import what they need when they run, so that `--help` answers at once."""

from app.cli.root import main

__all__ = ["main"]
