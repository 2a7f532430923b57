"""Several processes behind one door."""

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from multiprocessing.connection import wait

from model_server.board import Board
from model_server.settings import Settings

FAILED = 1


def serve_all(settings: Settings, door: socket.socket, board: Board) -> int:
    """Runs the workers and passes on a request to stop. When one ends by itself all end, with its exit code: the
    platform starts the container again, and nobody is served by a part of it."""
    with tempfile.TemporaryDirectory(prefix="metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        context = multiprocessing.get_context("fork")
        processes = [context.Process(target=run, args=(settings, door, board, number)) for number in range(settings.workers)]
        stopping = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True
            for process in processes:
                if process.is_alive():
                    process.terminate()

        for process in processes:
            process.start()
        door.close()
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        first = wait([process.sentinel for process in processes])
        ended = next(process for process in processes if process.sentinel in first)
        ended.join()  # its end is told a moment before it can be asked how it ended
        asked = stopping
        if not asked:
            stop()
        for process in processes:
            process.join()
    if asked:
        return 0
    return ended.exitcode if ended.exitcode and ended.exitcode > 0 else FAILED


def run(settings: Settings, door: socket.socket, board: Board, number: int) -> None:
    from model_server.worker import serve  # in the worker alone: the metrics and the model library are made for one process

    sys.exit(serve(settings, door, board, number))
