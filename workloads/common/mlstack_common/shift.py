"""How far what a model is asked is from what it was trained on, in a window of the newest rows, also of several worker processes.

By feature the population stability index, the sum of (q - p) ln(q / p) over the bins: p is a bin's share in training, q in the window.
Usual readings: from 0.1 on watch it, from 0.25 on act. Where nothing has shifted it is about chi-squared with one degree of freedom less
than there are bins, times 1/n + 1/N of the rows on both sides (B. Yurdakul, Statistical Properties of Population Stability Index, Western
Michigan University 2018). So much of it as chance alone explains is taken off.

In the image that has numpy only.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mlstack_common.reference import Reference, read_reference

log = logging.getLogger("shift")

SLOT = 30
"""Seconds of which rows are counted together."""
SLOTS = 1440
"""How many are kept: twelve hours."""
SPAN = 180
"""Least seconds of a window: what one client asks in a moment is no shift yet."""
ENOUGH = 150
"""Least rows of a window; where rows are alike, so many times `together`."""
ENOUGH_TRAINED = 100
"""Least rows of a reference, counted in the same way."""
QUIET = 120
"""Seconds without a row after which nothing is said: the last value would be taken for one of now."""
DEVIATIONS = 4
"""How many standard deviations above its mean chance is given."""

STAMP, ROWS, COUNTS = 0, 1, 2
"""Columns of a slot: its number, its rows, and from then on a count for each bin of each feature."""


@dataclass(frozen=True)
class Shift:
    """What a window holds.

    Args:
        rows: how many rows it has; 0 while none comes.
        features: the shift of each; empty while there are too few rows to say it.
    """

    rows: int = 0
    features: dict[str, float] = field(default_factory=dict)


class Window:
    """Counts rows by bin in slots of time, in memory of a size that follows from the reference alone.

    Args:
        columns: the features of the rows that are given, in their order; what the reference lacks of them is not compared.
        folder: where workers that share a window count, each in a file of its own, so that none waits for another; None: only here.
        clock: seconds that only grow, the same for all workers.

    Raises:
        ValueError: the reference has other features.
        OSError: the folder has no room.
    """

    def __init__(
        self, reference: Reference, columns: Sequence[str], folder: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if unknown := [name for name in reference.names if name not in columns]:
            raise ValueError(f"has {', '.join(unknown[:20])}, which the model has not")
        places = [list(columns).index(name) for name in reference.names]
        self._columns = slice(None) if places == list(range(len(columns))) else places  # all of them: without a copy
        self.reference, self._folder, self._clock = reference, folder, clock
        self._lock = threading.Lock()
        self._shape = SLOTS, COUNTS + reference.shares.size
        self._offsets = np.arange(len(reference.names)) * reference.width
        self._own = np.zeros(self._shape, np.int32) if folder is None else self._open(folder)

    def add(self, rows: np.ndarray) -> None:
        """Counts rows, each with a value for each column."""
        places = (self.reference.bins(rows[:, self._columns]) + self._offsets).ravel()
        counts = np.bincount(places, minlength=self.reference.shares.size)
        number = int(self._clock() // SLOT)
        with self._lock:
            slot = self._own[number % SLOTS]
            if slot[STAMP] != number:
                slot[:] = 0
                slot[STAMP] = number
            slot[COUNTS:] += counts
            slot[ROWS] += len(rows)

    def shift(self) -> Shift:
        """What the newest rows of all workers say."""
        numbers = int(self._clock() // SLOT) - np.arange(SLOTS)  # the newest first
        places = numbers % SLOTS
        workers = [(slots, slots[places, STAMP] == numbers) for slots in self._all()]
        rows = np.sum([np.where(now, slots[places, ROWS], 0) for slots, now in workers], axis=0)
        if not rows[: QUIET // SLOT + 1].any():
            return Shift()
        enough, upto = ENOUGH * self.reference.together, rows.cumsum()
        last = min(max(SPAN // SLOT, int(np.searchsorted(upto, enough))), SLOTS - 1)
        found = int(upto[last])
        if found < enough or self.reference.rows < ENOUGH_TRAINED * self.reference.together:
            return Shift(found)
        counts = np.sum([slots[places[: last + 1][now[: last + 1]], COUNTS:].sum(axis=0) for slots, now in workers], axis=0)
        values = index_of(self.reference, counts.reshape(self.reference.shares.shape), found)
        return Shift(found, dict(zip(self.reference.names, values.tolist(), strict=True)))

    def _open(self, folder: Path) -> np.ndarray:
        path = folder / f"{self._title}{os.getpid()}"
        with open(path, "wb") as file:
            # Now, and not when a page of it is first written to: then a full disk would end the process.
            os.posix_fallocate(file.fileno(), 0, np.dtype(np.int32).itemsize * self._shape[0] * self._shape[1])
        return np.memmap(path, np.int32, "r+", shape=self._shape)

    @property
    def _title(self) -> str:
        """How the files of workers that count the same begin."""
        return f"shift-{hashlib.sha256(self.reference.to_json()).hexdigest()[:16]}-"

    def _all(self) -> Iterator[np.ndarray]:
        """The slots of each worker, those of one that has ended among them: they grow old as all others."""
        if self._folder is None:
            yield self._own
            return
        for path in self._folder.glob(f"{self._title}*"):
            if path.stat().st_size == self._own.nbytes:  # else it is being made
                yield np.memmap(path, np.int32, "r", shape=self._shape)


def read_window(path: Path, columns: Sequence[str], folder: Path | None = None) -> Window | None:
    """The window of the reference in a file; see `Window`. None, with a line in the log, where nothing can be compared: a model answers
    none the less."""
    try:
        return Window(read_reference(path.read_bytes()), columns, folder)
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        log.warning("%s: %s; what is asked is not compared with the training", path.name, reason)
        return None


def index_of(reference: Reference, counts: np.ndarray, rows: int) -> np.ndarray:
    """The index of each feature, less what chance explains: features × bins of `rows` rows. A bin without rows counts as half a row."""
    trained = reference.shares * reference.rows
    q, p = np.maximum(counts, 0.5) / rows, np.maximum(trained, 0.5) / reference.rows
    used = (counts > 0) | (trained > 0)
    index = ((q - p) * np.log(q / p) * used).sum(axis=1)
    freedom = (used.sum(axis=1) - 1).clip(min=0)
    chance = freedom + DEVIATIONS * np.sqrt(2 * freedom)
    return np.maximum(0, index - chance * reference.together * (1 / rows + 1 / reference.rows))
