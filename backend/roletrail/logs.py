"""Log lines on stderr as key=value or JSON. Tokens, launch secrets and access key ids are never written whole."""

from __future__ import annotations

import json
import logging
import re
import sys
import time

_SECRETS = re.compile(r"\b(rt[ts]_)[0-9A-Za-z]{8,}|\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{8,}|([?&]t=)[\w-]{16,}")
_QUIET = ("uvicorn.access", "asyncio", "httpcore", "httpx")
_SILENT = ("neo4j",)  # what it complains of is told once more, with what to do, by the store


def scrub(text: str) -> str:
    """The text with secrets and key ids cut after their telling start."""
    return _SECRETS.sub(lambda match: (match[1] or match[2] or match[3]) + "...", text)


class _Line(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        fields |= {name: str(value) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info:
            fields["error"] = scrub(self.formatException(record.exc_info))
        if self._as_json:
            return json.dumps(fields)
        return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(text: str) -> str:
    return text if re.fullmatch(r"[\w:.+-]+", text) else json.dumps(text, ensure_ascii=False)


def set_up(level: str, form: str) -> None:
    """Once, when a command starts. `form` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(as_json=form == "json"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
