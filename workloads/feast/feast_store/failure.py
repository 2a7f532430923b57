"""How a command of this package ends when something is wrong: one clear line, an exit code of its own."""

import sys
from collections.abc import Callable

from pydantic import ValidationError

WRONG_SETTINGS = 2
NO_ROWS = NOT_STARTED = 3
DAMAGED_FILE = 4
UNREACHABLE = 5


class Failure(Exception):
    """Ends the command with `code` and the message, without a stack trace."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(command: Callable[[], None]) -> None:
    """Runs a command; a failure it knows of becomes a line on standard error and an exit code."""
    try:
        command()
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.code)
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False):
            print(f"{str(mistake['loc'][0]).upper()}: {mistake['msg']}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
