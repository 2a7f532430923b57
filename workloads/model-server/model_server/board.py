"""What the workers of one container know of each other."""

from multiprocessing.sharedctypes import RawArray


class Board:
    """A place for each worker, in memory that forked processes share. A worker that ends takes all others with it, so
    that a place is never taken back."""

    def __init__(self, workers: int) -> None:
        self._places = RawArray("b", workers)
        self._problem = RawArray("c", 1000)

    def ready(self, worker: int) -> None:
        self._places[worker] = 1

    def give_up(self, problem: str) -> None:
        """Leaves the reason for the line that is logged last of all."""
        self._problem.value = problem.encode()[: len(self._problem) - 1]

    @property
    def problem(self) -> str:
        return self._problem.value.decode(errors="ignore")

    def all_ready(self) -> bool:
        return all(self._places)
