"""Requests of a server as Prometheus reads them, and `GET /metrics`."""

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from fastapi import FastAPI, Response
from starlette.routing import BaseRoute, Match

from mlstack_common.metrics import CONTENT_TYPE_LATEST, ReadyMetrics, RequestMetrics, exposition

OTHER = "other"
"""Route of all requests that no route takes, so that strangers add no series."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Log = Callable[[str, str, int, float], None]
"""Method, route, status and seconds of one request."""


def measure(app: FastAPI, component: str, is_ready: Callable[[], bool], log: Log | None = None) -> None:
    """Counts every request of an application, and adds `GET /metrics`.

    Call it behind all other middleware, so that requests which those refuse are counted too.

    Args:
        component: the server's name, the label of all its series.
        is_ready: whether it may receive traffic now.
        log: called after each request.

    Raises:
        TypeError: another router is included, whose paths cannot be seen from here.
    """
    if nested := [route for route in app.routes if not hasattr(route, "path")]:
        raise TypeError(f"{component}: {type(nested[0]).__name__} hides its paths; declare its routes on the application")
    ReadyMetrics(component, is_ready)
    app.add_middleware(Measure, RequestMetrics(component), app.routes, log)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


class Measure:
    """The middleware: a request counts under the route that takes it, whatever comes of it; one that fails, as 500.

    Args:
        routes: those of the application, also those that are added later.
    """

    def __init__(self, app: App, metrics: RequestMetrics, routes: Sequence[BaseRoute], log: Log | None = None) -> None:
        self.app, self.metrics, self.routes, self.log = app, metrics, routes, log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status, route = time.perf_counter(), 500, route_of(scope, self.routes)

        async def look(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.metrics.began(route)
        try:
            await self.app(scope, receive, look)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.ended(route, status, seconds)
            if self.log:
                self.log(scope["method"], route, status, seconds)


def route_of(scope: Message, routes: Sequence[BaseRoute]) -> str:
    """The template of the route for a path, e.g. `/items/{item}`; also of one that does not take the request's method."""
    partly = OTHER
    for route in routes:
        match, _ = route.matches(scope)
        path: str = getattr(route, "path", OTHER)
        if match == Match.FULL:
            return path
        if match == Match.PARTIAL and partly == OTHER:
            partly = path
    return partly
