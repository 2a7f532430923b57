"""Asks an application without a server."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(app, method, path, body=b"", content_type="application/json"):
    """One request with a body; what the application raises behind its answer is left aside, as a server logs it."""
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"test"), *([(b"content-type", content_type.encode())] if content_type else [])], "client": ("test", 1), "server": ("test", 80), "scheme": "http",
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    try:
        asyncio.run(app(scope, receive, send))
    except RuntimeError as error:
        assert error.args == ("a secret cause",)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
