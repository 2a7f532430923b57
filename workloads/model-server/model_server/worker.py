"""One process that answers."""

import socket

import uvicorn

from model_server.app import create_app
from model_server.board import Board
from model_server.server import FINISH, Server
from model_server.serving import Serving
from model_server.settings import Settings


def serve(settings: Settings, door: socket.socket, board: Board, number: int = 0) -> int:
    """Serves until it is asked to stop, or the model cannot be served; gives the exit code, whose reason is on the board."""
    serving = Serving(settings, board, number)
    config = uvicorn.Config(
        create_app(serving),
        http="httptools",
        log_level=settings.log_level.lower(),
        access_log=settings.log_level == "DEBUG",
        timeout_graceful_shutdown=FINISH,
        # Longer than the gateway keeps an idle connection: it, not this server, must be the one to close.
        timeout_keep_alive=75,
        proxy_headers=False,
    )
    Server(config, serving).run([door])
    return serving.exit_code
