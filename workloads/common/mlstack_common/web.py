"""The web server of one process, which announces that it leaves before it does."""

import time
from collections.abc import Callable

import uvicorn

from mlstack_common.timing import STAY


class LeavingServer(uvicorn.Server):
    """Serves on for a while after it was asked to stop, and as long as requests are under way: a gateway that found nobody
    listening would end them. For those it waits at most the time that the configuration has for a shutdown.

    Args:
        leave: called once, `STAY` seconds after it was asked to stop; makes the application answer its readiness with `LEAVING` of
            `timing`, and returns until how many seconds after that request others may still come: `LEAVE`, or 0 where none were
            sent here yet.
    """

    def __init__(self, config: uvicorn.Config, leave: Callable[[], float]) -> None:
        super().__init__(config)
        self.leave = leave
        self.asked_at: float | None = None
        self.leaves_until: float | None = None

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop now."""
        asked = await super().on_tick(counter)
        if not asked or self.force_exit:
            return asked
        now = time.monotonic()
        if self.asked_at is None:
            self.asked_at = now
        if now < self.asked_at + STAY:
            return False
        if self.leaves_until is None:
            self.leaves_until = self.asked_at + self.leave()
            self.ends_at = self.leaves_until + (self.config.timeout_graceful_shutdown or 0)
        if now < self.leaves_until or (self.server_state.tasks and now < self.ends_at):
            return False
        # What is left of it, for requests that came in this very moment.
        self.config.timeout_graceful_shutdown = max(0, round(self.ends_at - now))
        return True
