"""Where log lines go: to standard error, and into a file that survives the container."""

import logging
import socket

from image_api.settings import Settings
from mlstack_common import logs
from mlstack_common.log_file import LogFile

LIMIT = 10 * 2**20
"""Bytes after which a new file is begun."""

KEEP = 3
"""Full files that are kept."""

QUIET = ("PIL", "asyncio", "multipart", "python_multipart", "python_multipart.multipart")


def start(settings: Settings) -> None:
    """Sends all lines of this process, and of its workers, there; `api.log` is shared by all replicas on one volume."""
    file = LogFile(settings.api_log_dir / "api.log", LIMIT, KEEP)
    file.setFormatter(logging.Formatter(f"%(asctime)s {socket.gethostname()} %(levelname)s %(name)s[%(process)d] %(message)s"))
    logs.start(settings.log_level, file, QUIET)
