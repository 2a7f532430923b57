"""Why a model is not served, and the exit code that says so."""

WRONG_SETTINGS = 2
NOT_STARTED = 3
REFUSED = 4
UNREACHABLE = 5


class Refused(Exception):
    """The version must not be served: it is missing, damaged, or does not answer as it should."""


class Unreachable(Exception):
    """The registry does not answer now; it may later."""


class Unavailable(Exception):
    """The features cannot be had now; says of whom."""


class Unknown(Exception):
    """Entities without a value of every column at the time; `positions` are theirs in the question."""

    def __init__(self, positions: list[int]) -> None:
        super().__init__(f"{len(positions)} entities are not known")
        self.positions = positions


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
