"""What the workers of one container know of each other."""

import mmap

SLOTS = 4096


class Fleet:
    """Whether all workers that the container began with have loaded the model.

    Made before the workers are forked, in memory that they share. A byte is set once and never taken back: no lock that a killed
    worker could leave behind.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._loaded = mmap.mmap(-1, SLOTS)

    def has_loaded(self, worker: int) -> None:
        """Notes that worker number `worker`, counted from the start of the container, has loaded."""
        self._loaded[worker % SLOTS] = 1

    @property
    def complete(self) -> bool:
        """Whether it serves. A worker that starts later stands in for a lost one."""
        return sum(self._loaded[:]) >= self.workers
