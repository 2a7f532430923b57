"""`/healthz` and `/metrics` of a step that has no port of its own."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mlstack_common.ending import Exit, Failure
from mlstack_common.metrics import CONTENT_TYPE_LATEST, exposition


class StepServer:
    """Answers in threads of its own, also while the step works.

    Args:
        lives: whether `/healthz` answers 200; else 503.

    Raises:
        Failure: the port is taken.
    """

    def __init__(self, port: int, lives: Callable[[], bool]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/healthz":
                    good = lives()
                    self.answer(200 if good else 503, "text/plain", b"ok\n" if good else b"stale\n")
                elif self.path == "/metrics":
                    self.answer(200, CONTENT_TYPE_LATEST, exposition())
                else:
                    self.answer(404, "text/plain", b"there are /healthz and /metrics\n")

            def answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing: a probe asks every few seconds."""

        ThreadingHTTPServer.daemon_threads = True
        try:
            self.server = ThreadingHTTPServer(("", port), Handler)
        except OSError as error:
            raise Failure(Exit.NOT_STARTED, f"STEP_PORT {port} cannot be used: {error.strerror}; choose another") from error

    def start(self) -> None:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
