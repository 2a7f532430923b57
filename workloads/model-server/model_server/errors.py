"""Why a model is not served, or a question not answered."""


class Refused(Exception):
    """The version must not be served: it is missing, damaged, or does not give the answers it should."""


class WrongAnswer(Refused):
    """The version does not answer the golden request as it should."""


class Unreachable(Exception):
    """The registry does not answer now; it may later."""


class Unavailable(Exception):
    """The features cannot be looked up now; the message names the store that does not answer."""


class Unknown(Exception):
    """Entities without a value of every column at the time; `positions` are theirs in the question."""

    def __init__(self, positions: list[int]) -> None:
        super().__init__(f"{len(positions)} entities are not known")
        self.positions = positions
