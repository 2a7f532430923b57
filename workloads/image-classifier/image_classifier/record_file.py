"""A file of records that several processes, also of several containers, append to, within a bound.

A log may lose a line when the disk is full; a record may not: `append` raises an error, and leaves no half line.
"""

import errno
import fcntl
import os
from pathlib import Path


class RecordFile:
    """`path`, beside it at most `keep` older files `path.1` (youngest), `path.2` … of `max_bytes` each."""

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.keep = keep
        self._lock = path.with_name(f".{path.name}.lock")

    def append(self, line: str) -> None:
        """Adds one line, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        data = line.encode() + b"\n"
        # Opened each time: another process may have begun a new file since, or removed this one.
        with self._lock.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                size = os.fstat(file).st_size
                if size and size + len(data) > self.max_bytes:
                    os.close(file)
                    self._begin_new_file()
                    file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
                    size = 0
                if os.write(file, data) != len(data):
                    os.ftruncate(file, size)  # a full disk takes a part; half a line would damage the next one too
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            finally:
                os.close(file)

    def _begin_new_file(self) -> None:
        for number in range(self.keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
