"""The web server: it says that it leaves before it does, and leaves when there is nothing to serve."""

import time

import uvicorn

from model_server.serving import Serving

LEAVE = 2.0
"""Time, in seconds, between a request to stop and the end of accepting: a gateway that asks twice a second and believes
the second answer has left this replica out by then, so that no request meets a door that is just being closed."""

FINISH = 6
"""Longest time, in seconds, that running requests get after that."""


class Server(uvicorn.Server):
    """Serves on for `LEAVE` seconds after it was asked to stop, while the application says that it is not ready."""

    def __init__(self, config: uvicorn.Config, serving: Serving) -> None:
        super().__init__(config)
        self.serving = serving
        self.stops_at: float | None = None

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self.serving.start(self.stop)

    def stop(self) -> None:
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop now."""
        asked = await super().on_tick(counter)
        if not asked or self.force_exit:
            return asked
        if self.stops_at is None:
            # A server that was never ready has no traffic to wait for.
            self.stops_at = time.monotonic() + (LEAVE if self.serving.not_ready() is None else 0.0)
            self.serving.leaving = True
            self.serving.stopped.set()
        return time.monotonic() >= self.stops_at
