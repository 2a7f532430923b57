"""A server of this package whose workers do what each test asks for."""

import signal
from pathlib import Path

import httpx
import pytest
from mlstack_testing import PATIENCE, children, free_port, kill, listens, start, until

SERVED = Path(__file__).with_name("served.py")


class Server:
    """A running `served.py`, how to ask it, and what it printed."""

    def __init__(self, log, **options):
        self.port, self.log = free_port(), log
        given = {"port": self.port, **options}
        self.process = start("python3", str(SERVED), *(f"{name}={value}" for name, value in given.items()), log=log)
        # A connection for each request: one that is kept would meet the same worker each time.
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))
        until(lambda: self.process.poll() is not None or listens(self.port))

    def status(self, path):
        try:
            return self.client.get(path).status_code
        except httpx.TransportError:
            return None

    def ready(self):
        return self.status("/ready") == 200

    def workers(self):
        return children(self.process.pid)

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        self.client.close()
        kill(self.process)


@pytest.fixture
def serve(tmp_path):
    """Starts servers with these options; see `served.py`."""
    started = []

    def run(**options):
        started.append(Server(tmp_path / f"log-{len(started)}", **options))
        return started[-1]

    yield run
    for server in started:
        server.end()
