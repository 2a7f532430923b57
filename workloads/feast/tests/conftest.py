"""A real Redis, and the registry server as the image ships it."""

import os
import signal
import socket
import subprocess
import time

import pytest
import redis as redis_client

ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "GRPC_VERBOSITY") if name in os.environ}


def until(condition, limit=120.0):
    """Waits for `condition`, at most `limit` seconds; the condition decides, not the time."""
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return value


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(name, **env):
    """Runs one of the package's commands with exactly these variables."""
    return subprocess.run([name], env=ENVIRONMENT | {key: str(value) for key, value in env.items()}, capture_output=True, text=True, check=False)


class Registry:
    """The registry server on a folder; can be stopped and started again on the same port."""

    def __init__(self, folder):
        self.path, self.log, self.port, self.process = folder / "registry.db", folder / "log", free_port(), None
        self.uri = f"127.0.0.1:{self.port}"

    def start(self):
        env = ENVIRONMENT | {"REGISTRY_PATH": str(self.path), "REGISTRY_PORT": str(self.port)}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["feast-registry"], env=env, stdout=log, stderr=log)
        until(lambda: self.process.poll() is not None or listens(self.port))
        until(lambda: self.health().returncode == 0)

    def health(self):
        assert self.process.poll() is None, self.log.read_text()
        return run("feast-health", REGISTRY_PORT=self.port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    server = Registry(tmp_path_factory.mktemp("registry"))
    server.start()
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def redis(tmp_path):
    """A client of an empty Redis with the password `secret`."""
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--requirepass", "secret", "--dir", str(tmp_path), "--save", ""], stdout=subprocess.DEVNULL
    )
    client = redis_client.Redis(port=port, password="secret")
    client.port, client.process = port, process
    until(lambda: listens(port))
    yield client
    process.kill()
    process.wait()
