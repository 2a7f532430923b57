"""One line for each prediction in the customer's data: what was asked, and what was answered by which models."""

import asyncio
import datetime
import hashlib
import json
import os
import socket

from image_classifier.record_file import RecordFile
from image_classifier.settings import Settings

FILE = "predictions.jsonl"


class Audit:
    """Records what was answered, never the image itself: its checksum shows whether it was a given file."""

    def __init__(self, settings: Settings) -> None:
        self._file = RecordFile(settings.customer_data_dir / FILE, settings.audit_max_bytes, settings.audit_files)
        self._host = socket.gethostname()

    async def record(self, request_id: str, data: bytes, answer: dict[str, object]) -> None:
        """Writes the line.

        Raises:
            OSError: it cannot be written.
        """
        line = {
            "time": now(),
            "request_id": request_id,
            "host": self._host,
            "worker": os.getpid(),
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            **answer,
        }
        await asyncio.to_thread(self._file.append, json.dumps(line))


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
