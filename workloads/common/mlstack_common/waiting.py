"""Waiting for what is still starting."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Errors = type[BaseException] | tuple[type[BaseException], ...]

PAUSE = 0.5
"""Seconds between two attempts."""


def attempt(call: Callable[[], T], seconds: float, transient: Errors, final: Errors = (), pause: float = PAUSE) -> T:
    """Calls until it succeeds, for at most `seconds`; at least once.

    Args:
        transient: errors after which it is called again; when the time is over, the last one is raised.
        final: errors among those that waiting does not cure, such as a refused password; raised at once.
        pause: seconds between two attempts.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except final:
            raise
        except transient:
            if time.monotonic() >= end:
                raise
        time.sleep(pause)
