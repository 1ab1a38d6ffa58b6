"""How commands speak: results to standard output, one clear line of error to standard error and exit code 2."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON document, readable and stable."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A plain table."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def refuse(message: str, code: int = 2) -> NoReturn:
    """Says what is wrong, in one line, and exits with `code` (2: what was asked for cannot be done)."""
    errors.print(f"switchboard: {' '.join(message.split())}", markup=False, soft_wrap=True)
    raise typer.Exit(code)
