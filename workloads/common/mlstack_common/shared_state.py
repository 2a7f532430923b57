"""What the worker processes of one container know of each other."""

import mmap

SLOTS = 4096
TEXT = 1024


class SharedState:
    """Which workers are ready, and why one gave up.

    Made before the workers are forked, in memory that they share. A slot is set once and never taken back: there is no lock
    that a killed worker could leave behind.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._memory = mmap.mmap(-1, SLOTS + 1 + TEXT)

    def set_ready(self, number: int) -> None:
        """Notes that worker `number`, counted from the start of the container, can answer."""
        self._memory[number % SLOTS] = 1

    @property
    def all_ready(self) -> bool:
        """Whether as many workers have been ready as the container began with. A worker that starts later replaces a lost one."""
        return sum(self._memory[:SLOTS]) >= self._workers

    def give_up(self, code: int, reason: str = "") -> None:
        """Notes with which exit code all must end, and leaves the reason for the last line of the log."""
        self._memory[SLOTS] = code
        if reason:
            self._memory[SLOTS + 1 :] = reason.encode()[: TEXT - 1].ljust(TEXT, b"\0")

    @property
    def exit_code(self) -> int:
        """The exit code of the worker that gave up; 0 while none has."""
        return self._memory[SLOTS]

    @property
    def failure(self) -> str:
        """Why a worker gave up; empty where it said nothing."""
        return self._memory[SLOTS + 1 :].rstrip(b"\0").decode(errors="ignore")
