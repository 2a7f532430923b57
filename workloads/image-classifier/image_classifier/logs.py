"""Where log records go: to standard error, and into a file that all workers share."""

import logging

from image_classifier.lines import Lines, LinesHandler
from image_classifier.settings import Settings

FILE = "classifier.log"
MAX_BYTES = 4 * 2**20
KEEP = 4


def configure(settings: Settings) -> None:
    """Sets both up for this process."""
    handlers = [logging.StreamHandler(), LinesHandler(Lines(settings.logs_dir / FILE, MAX_BYTES, KEEP))]
    logging.basicConfig(level=settings.log_level, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s")
    if settings.log_level != "DEBUG":
        for chatty in ("uvicorn", "ray", "asyncio"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
