"""The web server of one process, which announces that it leaves before it does."""

import time
from collections.abc import Callable

import uvicorn


class LeavingServer(uvicorn.Server):
    """Serves on for a while after it was asked to stop.

    Args:
        leave: called once, when it is asked to stop; makes the application answer that it is not ready, and returns for how
            many seconds requests may still come: `LEAVE` of `timing`, or 0 where none were sent here yet.
    """

    def __init__(self, config: uvicorn.Config, leave: Callable[[], float]) -> None:
        super().__init__(config)
        self.leave = leave
        self.stops_at: float | None = None

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop now."""
        asked = await super().on_tick(counter)
        if not asked or self.force_exit:
            return asked
        if self.stops_at is None:
            self.stops_at = time.monotonic() + self.leave()
        return time.monotonic() >= self.stops_at
