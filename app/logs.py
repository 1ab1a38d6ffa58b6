"""One shape for every log line: JSON for machines or coloured lines for people; tokens never appear."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.log_limits import cut_shape, cut_texts
from app.settings import LogFormat
from storage.safe_errors import cut

_SECRETS = re.compile(  # Telegram's stand in the middle of a word in its URLs: /bot123456:AA…
    r"(\d{6,12}:[A-Za-z0-9_-]{30,}|xox[a-z]-[A-Za-z0-9-]+|hooks\.slack\.com/\S+|xapp-[A-Za-z0-9-]+|\bsb_[A-Za-z0-9_-]{20,})"
)
_NOISY = ("aiogram", "slack_bolt", "slack_sdk", "aiosqlite", "httpx", "httpcore", "asyncio", "alembic")


def configure(level: str, form: LogFormat) -> None:
    """Sets up structlog and the standard library's logging to write alike, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _cut_database_errors,
        structlog.processors.format_exc_info,
        cut_shape,
        _hide_secrets,
        cut_texts,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def hide_secrets(text: str) -> str:
    """`text` with everything that looks like a platform token or an API token replaced."""
    return _SECRETS.sub("[secret]", text)


def _cut_database_errors(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Engines cut their errors themselves (storage.safe_errors); this is for what a driver says without an engine."""
    told = line.get("exc_info")
    if told:
        error = told if isinstance(told, BaseException) else (told if isinstance(told, tuple) else sys.exc_info())[1]
        if error is not None:
            cut(error)
    return line


def _hide_secrets(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _hidden(value) for key, value in line.items()}


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return hide_secrets(value)
        case dict():
            return {key: _hidden(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_hidden(inner) for inner in value]
        case BaseException():
            return hide_secrets(repr(value))
        case _:
            return value
