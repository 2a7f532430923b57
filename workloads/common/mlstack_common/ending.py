"""How a command ends when something is wrong: one clear line on standard error, an exit code, no stack trace."""

import sys
from collections.abc import Callable
from enum import IntEnum

from mlstack_common import started  # noqa: F401  here, since each program begins with this: its processes then inherit when it began


class Exit(IntEnum):
    """Exit codes; each names a cause. The README of the workloads lists them for operators."""

    FAILED = 1
    """Any other cause."""
    SETTINGS = 2
    """Wrong variables."""
    NOT_STARTED = 3
    """The server cannot start, for example since its port is taken."""
    NO_ROWS = 3
    """The data are whole but empty."""
    DATA = 4
    """Files or models are missing, damaged, not good enough, or cannot be written."""
    UNREACHABLE = 5
    """Redis, a database or a registry does not answer, or refuses the login."""
    RAY_ENDED = 6
    """The container's Ray node has ended."""
    LOST_PEER = 75
    """Another rank is gone; the platform does not count it against this one."""


class Failure(Exception):
    """Ends the command with `code` and the message, which names the remedy."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(command: Callable[[], int | None]) -> None:
    """Runs a command and exits with its code, if it returns one. A failure, or an error of the disk, is printed as it reads."""
    try:
        code = command()
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.code)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(Exit.FAILED)
    if code:
        sys.exit(code)


def first_line(error: BaseException) -> str:
    """The first line of an error's text that is not blank; its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
