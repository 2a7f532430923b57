"""Errors that a person can mend: one line each, no stack trace."""

import sys
from collections.abc import Callable

WRONG_SETTINGS = 2
DAMAGED = 4
NO_DATABASE = 5


class Refusal(Exception):
    """Why the program ends, and with which exit code."""

    def __init__(self, message: str, code: int = WRONG_SETTINGS) -> None:
        super().__init__(message)
        self.code = code


def told(program: Callable[[], None]) -> None:
    """Runs `program`; prints a refusal, or an error of the disk, as one line and exits with its code."""
    try:
        program()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
