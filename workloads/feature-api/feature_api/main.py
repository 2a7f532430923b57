"""`feature-api`: reads the variables and serves."""

import logging
import sys

import uvicorn
from pydantic import ValidationError

from feature_api.app import create_app
from feature_api.server import FINISH, Server
from feature_api.settings import Settings

WRONG_SETTINGS = 2
NOT_STARTED = 3


def main() -> None:
    """Serves until it is asked to stop; then leaves and finishes the running requests."""
    try:
        settings = Settings()
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False):
            name = f"{str(mistake['loc'][0]).upper()}: " if mistake["loc"] else ""
            print(f"{name}{mistake['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http="httptools",
        log_level=settings.log_level.lower(),
        access_log=settings.log_level == "DEBUG",
        timeout_graceful_shutdown=FINISH,
        # Longer than the gateway keeps an idle connection: it, not this server, must be the one to close.
        timeout_keep_alive=75,
        proxy_headers=False,
    )
    server = Server(config, app)
    server.run()
    if not server.started:
        sys.exit(NOT_STARTED)
