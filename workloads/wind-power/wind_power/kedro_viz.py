"""`kedro-viz`: the graph of the Kedro project, to be read only; on its port or not at all.

Kedro-Viz' own command asks PyPI at each start, takes the next port where its own is taken, ends well where there is no project,
lets everybody upload the graph to a bucket, and loads letters from Google. Here it does none of that.
"""

import logging
import os
import re
import socket
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from mlstack_common import logs
from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.settings import read
from wind_power.settings import KedroViz

READ = ("GET", "HEAD")
FOREIGN = re.compile(r"<link\b[^>]*https://fonts\.[^>]*>\s*")
"""What the page would load from elsewhere."""


def listening(settings: KedroViz) -> socket.socket:
    """The port, before anything else is done: only a server that gets its own may go on."""
    try:
        return socket.create_server((settings.api_host, settings.api_port), backlog=128)
    except OSError as error:
        raise Failure(Exit.NOT_STARTED, f"API_PORT {settings.api_port} cannot be used: {os.strerror(error.errno)}; choose another") from error


def app_of(settings: KedroViz) -> Any:
    """The application with the project's graph.

    Raises:
        Failure: there is no project, or it cannot be loaded.
    """
    project = settings.kedro_project
    if not (project / "pyproject.toml").is_file():
        raise Failure(Exit.DATA, f"{project} is no Kedro project: it has no pyproject.toml; correct KEDRO_PROJECT")
    from kedro_viz.api import apps
    from kedro_viz.api.rest.responses import version
    from kedro_viz.server import load_and_populate_data

    version.get_latest_version = lambda: version.__version__  # it would ask PyPI, with 30 s of patience
    apps.kedro_telemetry.get_heap_app_id = lambda _: None
    try:
        load_and_populate_data(project)
    except Exception as error:  # noqa: BLE001  the project's own code may raise anything
        raise Failure(Exit.DATA, f"{project} cannot be loaded: {type(error).__name__}: {first_line(error)}") from error
    return apps.create_api_app_from_project(project)


class ReadOnly:
    """Lets only reading through, and takes out of pages what a browser would load from elsewhere."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable], send: Callable[[dict], Awaitable]) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        from starlette.responses import PlainTextResponse

        if scope["method"] not in READ:
            return await PlainTextResponse("only GET and HEAD\n", 405, {"Allow": ", ".join(READ)})(scope, receive, send)
        if scope["path"] == "/healthz":
            return await PlainTextResponse("ok\n")(scope, receive, send)
        # Pages are written for GET alone; HEAD is the same without the body, which the server leaves out.
        await self.app({**scope, "method": "GET"}, receive, Rewriting(send))


class Rewriting:
    """Gathers a page, and sends it without what is foreign; all else goes through."""

    def __init__(self, send: Callable[[dict], Awaitable]) -> None:
        self.send, self.start, self.body = send, None, b""

    async def __call__(self, message: dict) -> None:
        if message["type"] == "http.response.start" and any(
            name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"]
        ):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                body = FOREIGN.sub("", self.body.decode()).encode()
                headers = [pair for pair in self.start["headers"] if pair[0].lower() != b"content-length"]
                await self.send({**self.start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
                await self.send({"type": "http.response.body", "body": body})


def main() -> None:
    settings = read(KedroViz)
    warnings.simplefilter("ignore")  # of what the libraries think of each other
    os.environ.update(DO_NOT_TRACK="1", KEDRO_DISABLE_TELEMETRY="1")
    with listening(settings) as port:
        app = app_of(settings)
        logs.start(settings.log_level, quiet=["kedro"])  # last: Kedro has set up logging of its own
        logging.getLogger("kedro-viz").info("the graph is at port %d", settings.api_port)
        import uvicorn

        server = uvicorn.Server(uvicorn.Config(ReadOnly(app), log_config=None, access_log=False, lifespan="off"))
        server.run(sockets=[port])
