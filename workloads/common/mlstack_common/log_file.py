"""A log file that many processes share: the workers of all replicas on one volume."""

import logging
import os
import sys
from pathlib import Path

from concurrent_log_handler import ConcurrentRotatingFileHandler


class LogFile(ConcurrentRotatingFileHandler):
    """Writes each line, and begins a new file, under a lock. No file is ever larger than its bound, unless one line alone is.

    Args:
        limit: bytes after which a new file is begun.
        keep: full files that are kept beside the current one, as `NAME.1` (the youngest), `NAME.2` …
    """

    def __init__(self, path: Path, limit: int, keep: int) -> None:
        super().__init__(path, maxBytes=limit, backupCount=keep, encoding="utf-8")

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Counts the line that is to come too, which the library does not. Called under the lock."""
        try:
            size = os.path.getsize(self.baseFilename)
        except FileNotFoundError:
            return False
        return size > 0 and size + len(self.format(record).encode()) + len(self.terminator) > self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:
        """One line on standard error, which has the record as well; a disk that is full never stops the program."""
        print(f"{self.baseFilename} cannot be written: {sys.exc_info()[1]}", file=sys.stderr, flush=True)
