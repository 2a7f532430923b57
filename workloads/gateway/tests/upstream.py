"""A replica that does what a request's path says, and remembers what reached it."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000


@dataclass(frozen=True)
class Seen:
    """One whole request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """`/422` answers 422, `/redirect?URL` redirects there, `/hang` waits until it is let go, `/break` closes the connection without an answer."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def parse_request(self) -> bool:
        """Reads nothing of a request while it is frozen."""
        if self.server.upstream.frozen:
            self.server.upstream.go.wait(60)
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Answers its readiness, or as every other method."""
        if self.path == "/ready":
            upstream = self.server.upstream
            self._answer(404 if upstream.leaving else 200 if upstream.ready else 503, b"")
        else:
            self._any()

    def _any(self) -> None:
        upstream = self.server.upstream
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        upstream.seen.append(Seen(self.command, self.path, headers, body))
        if self.path == "/break":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path == "/hang" or upstream.hold:
            upstream.go.wait(60)
        if self.path.startswith("/redirect?"):
            return self._answer(307, b"", location=self.path.partition("?")[2])
        self._answer(422 if self.path == "/422" else 200, upstream.name.encode())

    do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = _any

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline(), 16)
            body += self.rfile.read(size)
            if self.rfile.readline() != b"\r\n":
                raise ConnectionError("the body broke off")
            if size == 0:
                return body

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.send_header("server", "secret-server/1.2")
        self.send_header("access-control-allow-origin", "*")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Quiet about broken connections, and able to die with all that it holds."""

    request_queue_size = 128
    upstream: "Upstream"

    def handle_error(self, *_: object) -> None:
        """A client that leaves is no error of a test."""


class Upstream:
    """One replica on its own loopback address."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.ready = True
        self.leaving = False
        self.hold = False
        self.frozen = False  # takes connections and answers nothing, its readiness neither
        self.go = threading.Event()
        self.seen: list[Seen] = []
        self.filler: socket.socket | None = None
        self.server = Server((address, PORT), Handler)
        self.server.upstream = self
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def vanish(self) -> None:
        """Can be reached no more, as a host that is cut off: connections to it hang. What has connected before is still answered."""
        self.server.shutdown()
        self.server.socket.setblocking(False)
        self.server.socket.listen(0)
        while self.filler is None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.server.process_request(*self.server.get_request())
            self.filler = waiting_at(self.address)

    def kill(self) -> None:
        """Is gone: connections are refused."""
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


def waiting_at(address: str) -> socket.socket | None:
    """A connection that waits there to be taken, and is the last that has room; none where there is no room left."""
    one = socket.socket()
    one.settimeout(0.2)
    try:
        one.connect((address, PORT))
    except TimeoutError:
        one.close()
        return None
    return one


class Unreachable:
    """An address that is known and cannot be reached: connections to it hang, as nobody takes the one that waits already."""

    def __init__(self, address: str) -> None:
        self.listener = socket.create_server((address, PORT), backlog=0)
        self.filler = waiting_at(address)

    def end(self) -> None:
        """From now on connections are refused."""
        self.listener.close()
