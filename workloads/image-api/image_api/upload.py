"""The largest request that is read."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlstack_common.refusal import refusal


class UploadLimit:
    """Refuses a request above `limit` bytes, whether its length is given or not.

    The rest is read and dropped, up to `limit` bytes: a caller that is still sending would meet a closed connection, not the answer.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.limit:
            if b"expect" not in headers:  # such a caller sends nothing before it is asked to
                await self.drop(receive, 2 * self.limit)
            await refusal(413, self.refusal, headers={"connection": "close"})(scope, receive, send)
            return
        read = 0

        async def count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                if message.get("more_body", False):
                    await self.drop(receive, self.limit)
                raise HTTPException(413, self.refusal, {"connection": "close"})
            return message

        await self.app(scope, count, send)

    async def drop(self, receive: Receive, most: int) -> None:
        """Reads to the end of the request, at most `most` bytes, and keeps nothing."""
        more = True
        while more and most > 0:
            message = await receive()
            most -= len(message.get("body", b""))
            more = message.get("more_body", False)

    @property
    def refusal(self) -> str:
        return f"the request is larger than {self.limit} bytes; send a smaller picture or raise API_MAX_UPLOAD_BYTES"
