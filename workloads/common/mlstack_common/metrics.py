"""What Prometheus reads at `/metrics`: requests by path and status, and the numbers of all workers of a container."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.routing import BaseRoute

SHARED = "PROMETHEUS_MULTIPROC_DIR" in os.environ
"""Whether several workers share their numbers. Asked once, as the library does: Feast sets the variable for itself, too late."""

OTHER = "other"
"""Path of all requests that no route takes, so that strangers add no series."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Log = Callable[[str, str, int, float], None]
"""Method, path, status and seconds of one request."""


class RequestMetrics:
    """`PREFIX_requests_total` by path and status, and `PREFIX_request_seconds` by path.

    Args:
        buckets: upper bounds of the histogram, in seconds.
        labels: further labels, which have the same value in every series of this process.
    """

    def __init__(self, prefix: str, buckets: Sequence[float], labels: Mapping[str, str] | None = None) -> None:
        self.labels = dict(labels or {})
        self.requests = Counter(f"{prefix}_requests_total", "Requests by path and status.", [*self.labels, "path", "status"])
        self.seconds = Histogram(f"{prefix}_request_seconds", "Time to answer, by path.", [*self.labels, "path"], buckets=buckets)

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Counts one request."""
        self.seconds.labels(**self.labels, path=path).observe(seconds)
        self.requests.labels(**self.labels, path=path, status=status).inc()


class Measure:
    """Middleware that counts every request, also one that another middleware refuses; a request that fails counts as 500.

    Args:
        routes: those of the application; a path is counted under its route.
        log: called after each request.
    """

    def __init__(self, app: App, metrics: RequestMetrics, routes: Sequence[BaseRoute], log: Log | None = None) -> None:
        self.app, self.metrics, self.routes, self.log = app, metrics, routes, log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def count(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, count)
        finally:
            seconds, path = time.perf_counter() - started, self.path_of(scope)
            self.metrics.observe(path, status, seconds)
            if self.log:
                self.log(scope["method"], path, status, seconds)

    def path_of(self, scope: Message) -> str:
        """The path of the route that took the request, or that would have if it had been let through."""
        if path := getattr(scope.get("route"), "path", None):
            return path
        return scope["path"] if any(getattr(route, "path", None) == scope["path"] for route in self.routes) else OTHER


def exposition() -> bytes:
    """All numbers in Prometheus' text format; those of several workers are added up."""
    if not SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
