"""`python -m wind_power STEP`: runs one step; two that run once, two that never end, two pages."""

import importlib
import sys

from mlstack_common import ending
from mlstack_common.ending import Exit, Failure

STEPS = ("history", "train", "inference", "stream", "ui", "kedro-viz")


def main() -> None:
    """Loads only what the step needs: each has libraries of its own."""

    def call() -> int | None:
        if len(sys.argv) != 2 or sys.argv[1] not in STEPS:
            raise Failure(Exit.SETTINGS, f"give one step of {', '.join(STEPS)}, got {' '.join(sys.argv[1:]) or 'none'}")
        return importlib.import_module(f"wind_power.{sys.argv[1].replace('-', '_')}").main()

    ending.run(call)


if __name__ == "__main__":
    main()
