"""Logs without personal data: one JSON object a line, made of a fixed list of fields.

A record's arguments and an exception's text are never written: they may hold a name, a number or a date of birth.  What
is said is the constant text of the message, and for an exception its type and where it was raised.  The one exception:
what worker and beat say about their connection to the broker, which nobody could understand without its arguments.
"""

import json
import logging
import traceback
from datetime import UTC, datetime

FIELDS = ("request_id", "method", "route", "status", "duration_ms", "task", "count", "mail", "webhook", "seconds")

# Their arguments are the broker's address (without its password), why it cannot be reached, names of tasks and waits.
_BROKER_LOGGERS = ("celery.worker.consumer.", "celery.beat", "kombu.connection")
_BROKER_MESSAGES = (
    "consumer: Cannot connect to",
    "Connected to %s",
    "mingle: ",
    "beat: Connection error",
    "Scheduler: Sending due task",
)


class JsonFormatter(logging.Formatter):
    """Writes only what cannot be personal."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        entry.update({field: getattr(record, field) for field in FIELDS if hasattr(record, field)})
        if record.exc_info and record.exc_info[1]:
            entry["exception"] = _where(record.exc_info[1])
        return json.dumps(entry, default=str)


def _message(record: logging.LogRecord) -> str:
    """The constant text; Django's security log, and an object logged in place of a text, repeat what somebody sent."""
    if record.name.startswith(_BROKER_LOGGERS) and str(record.msg).startswith(_BROKER_MESSAGES):
        return record.getMessage()
    constant = isinstance(record.msg, str) and not record.name.startswith("django.security")
    return str(record.msg) if constant else "not written: it may repeat what was sent"


def _where(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }
