"""Middleware that limits uploads: how large one may be, and how much memory all of them take."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException

from image_classifier.metrics import UPLOADS
from mlstack_common.refusal import refusal

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FORM = 16 * 1024
"""Bytes that a multipart form may have beyond the file it carries."""


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
    """Answers with an error."""
    headers = {"Retry-After": "1"} if status == 503 else {}
    await refusal(status, detail, headers=headers)(scope, receive, send)
