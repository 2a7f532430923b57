"""Where log lines go: to standard error, and into a file where one is kept."""

import logging
from collections.abc import Iterable

FORMAT = "%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s"


def start(level: str, file: logging.Handler | None = None, quiet: Iterable[str] = ()) -> None:
    """Sends all lines of this process, and of those that it forks, there.

    Args:
        level: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
        file: a further place; its format, if it has one, stays.
        quiet: libraries of which only warnings are logged; with `DEBUG`, also what they do.
    """
    stream = logging.StreamHandler()
    stream.setFormatter(logging.Formatter(FORMAT))
    if file and not file.formatter:
        file.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level, handlers=[stream, *([file] if file else [])], force=True)
    for name in quiet:
        logging.getLogger(name).setLevel(max(logging.INFO if level == "DEBUG" else logging.WARNING, logging.getLevelName(level)))
