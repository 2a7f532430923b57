"""Where log lines go: to standard error, and into a file that all workers share."""

from image_classifier.settings import Settings
from mlstack_common import logs
from mlstack_common.log_file import LogFile

FILE = "classifier.log"
LIMIT = 4 * 2**20
"""Bytes after which a new file is begun."""

KEEP = 4
"""Full files that are kept."""


def start(settings: Settings) -> None:
    """Sends all lines of this process there."""
    logs.start(settings.log_level, LogFile(settings.logs_dir / FILE, LIMIT, KEEP), quiet=["uvicorn", "ray", "asyncio"])
