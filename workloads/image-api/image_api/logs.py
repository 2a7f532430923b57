"""Lines to stdout, and the same lines to a file that survives the container."""

import fcntl
import logging
import os
import socket
import sys
from pathlib import Path

LIMIT = 10 * 2**20
"""Size, in bytes, after which a new file is begun."""

KEPT = 3
"""Full files that are kept."""

NOISY = ("PIL", "asyncio", "multipart", "python_multipart", "python_multipart.multipart")


class SharedFile(logging.Handler):
    """A log file of many processes, the workers of all replicas on one volume: each line is written, and the file changed, under a lock."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        super().__init__()
        self.path = path
        self.limit = limit

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line. The lock is opened anew each time: one that is inherited by a fork would be shared."""
        try:
            line = (self.format(record) + "\n").encode()
            with open(self.path.with_name(f".{self.path.name}.lock"), "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.path.exists() and self.path.stat().st_size + len(line) > self.limit:
                    self._rotate()
                with open(self.path, "ab") as file:
                    file.write(line)
        except OSError as error:
            print(f"{self.path} cannot be written: {error.strerror}", file=sys.stderr, flush=True)

    def _rotate(self) -> None:
        for number in range(KEPT, 0, -1):
            before = self.path.with_name(f"{self.path.name}.{number - 1}") if number > 1 else self.path
            if before.exists():
                os.replace(before, self.path.with_name(f"{self.path.name}.{number}"))


def start(folder: Path, level: str) -> None:
    """Sends all lines of this process, and of those forked from it, to stdout and to `api.log` in `folder`."""
    stdout = logging.StreamHandler(sys.stdout)
    stdout.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s"))
    file = SharedFile(folder / "api.log")
    file.setFormatter(logging.Formatter(f"%(asctime)s {socket.gethostname()} %(levelname)s %(name)s[%(process)d] %(message)s"))
    logging.basicConfig(level=level, handlers=[stdout, file], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel("INFO")
