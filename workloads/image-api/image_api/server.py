"""The web server: it says that it leaves before it does."""

import time

import uvicorn
from fastapi import FastAPI

LEAVE = 2.0
"""Time, in seconds, between a request to stop and the end of accepting: a gateway that asks twice a second and believes
the second answer has left this replica out by then, so that no request meets a door that is just being closed."""

FINISH = 6
"""Longest time, in seconds, that running requests get after that."""

KEEP_ALIVE = 75
"""Time, in seconds, that an idle connection stays open: longer than a gateway keeps one, so that it is the gateway who
closes it, and no upload is sent into a connection that is just being closed."""


class Server(uvicorn.Server):
    """Serves on for `LEAVE` seconds after it was asked to stop, while the application says that it is not ready."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.app = app
        self.stops_at: float | None = None

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop now."""
        asked = await super().on_tick(counter)
        if not asked or self.force_exit:
            return asked
        if self.stops_at is None:
            self.stops_at = time.monotonic() + LEAVE
            self.app.state.leaving = True
        return time.monotonic() >= self.stops_at
