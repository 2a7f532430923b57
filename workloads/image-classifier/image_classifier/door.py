"""What stands before the application: counts requests, and lets in no upload that does not fit."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from image_classifier.metrics import REQUESTS, SECONDS, UPLOADS

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FORM = 16 * 1024
"""Bytes that a multipart form may have beyond the file it carries."""


class Counted:
    """Counts requests and their times by path; what is none of `paths` counts as one, so that strangers add no series."""

    def __init__(self, app: App, paths: frozenset[str]) -> None:
        self.app = app
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def counted(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            path = scope["path"] if scope["path"] in self.paths else "other"
            SECONDS.labels(path).observe(time.perf_counter() - started)
            REQUESTS.labels(path, status).inc()


class Uploads:
    """Refuses bodies of unknown (411) or too great (413) length, and reads only so many bytes at a time; others wait."""

    def __init__(self, app: App, max_bytes: int, memory: int, timeout: float) -> None:
        self.app = app
        self.max_bytes = max_bytes + FORM
        self.timeout = timeout
        self.free = max(memory, self.max_bytes)
        self.changed = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers:
            return await refuse(scope, receive, send, 411, "the request must have a Content-Length")
        size = int(headers.get(b"content-length", b"0"))  # the web server has checked that it is a number
        if size > self.max_bytes:
            return await refuse(scope, receive, send, 413, f"the upload must have at most {self.max_bytes - FORM} bytes, got {size}")
        until = asyncio.get_running_loop().time() + self.timeout
        try:
            async with asyncio.timeout_at(until), self.changed:
                await self.changed.wait_for(lambda: self.free >= size)
                self._take(size)
        except TimeoutError:
            return await refuse(scope, receive, send, 503, "too many uploads at the same time")

        async def in_time() -> dict[str, Any]:
            try:
                async with asyncio.timeout_at(until):
                    return await receive()
            except TimeoutError:
                raise HTTPException(408, f"the upload took longer than {self.timeout:g} s") from None

        try:
            await self.app(scope, in_time, send)
        finally:
            async with self.changed:
                self._take(-size)
                self.changed.notify_all()

    def _take(self, size: int) -> None:
        self.free -= size
        UPLOADS.inc(size)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    headers = {"Retry-After": "1"} if status == 503 else {}
    await JSONResponse({"detail": detail}, status, headers)(scope, receive, send)
