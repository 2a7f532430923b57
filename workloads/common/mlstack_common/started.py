"""When the processes of a container began: one moment for all of them, whichever process is asked."""

import os
import time

NAME = "MLSTACK_STARTED"


def moment() -> float:
    """The moment that the first process to import this has noted for those that it starts, in seconds since 1970."""
    try:
        return float(os.environ[NAME])
    except (KeyError, ValueError):
        now = time.time()
        os.environ[NAME] = repr(now)
        return now


STARTED = moment()
