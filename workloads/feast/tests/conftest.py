"""A real Redis, and the registry server as the image ships it."""

import os
import signal

import mlstack_testing
import pytest
import redis as redis_client
from mlstack_testing import PATIENCE, free_port, kill, listens, start, until
from preloaded import Preloaded

ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "GRPC_VERBOSITY") if name in os.environ}


def run(name, **env):
    """Runs one of the package's commands with the image's own variables and these."""
    return mlstack_testing.run(name, **ENVIRONMENT | env)


@pytest.fixture(scope="session")
def preloaded():
    """Feast, imported once: it takes seconds."""
    process = Preloaded("feast_store.definitions", "feast_store.materialize", "feast.registry_server", env=ENVIRONMENT)
    yield process
    process.end()


@pytest.fixture
def run_fork(preloaded):
    """As `run`, for a command whose program another test starts as it ships."""
    return lambda name, **env: preloaded.run(name, env=ENVIRONMENT | {key: str(value) for key, value in env.items()})


class Registry:
    """The registry server on a folder; can be stopped and started again on the same port."""

    def __init__(self, folder, begin=start):
        self.path, self.log, self.port, self.process = folder / "registry.db", folder / "log", free_port(), None
        self.uri, self.begin = f"127.0.0.1:{self.port}", begin

    def start(self):
        env = ENVIRONMENT | {"REGISTRY_PATH": str(self.path), "REGISTRY_PORT": str(self.port)}
        self.process = self.begin("feast-registry", env=env, log=self.log)
        until(lambda: self.process.poll() is not None or listens(self.port))
        until(lambda: self.health().returncode == 0)

    def health(self):
        assert self.process.poll() is None, self.log.read_text()
        return run("feast-health", REGISTRY_PORT=self.port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    server = Registry(tmp_path_factory.mktemp("registry"))
    server.start()
    yield server
    kill(server.process)


@pytest.fixture
def redis(tmp_path):
    """A client of an empty Redis with the password `secret`."""
    port = free_port()
    process = start("redis-server", "--port", str(port), "--requirepass", "secret", "--dir", str(tmp_path), "--save", "")
    client = redis_client.Redis(port=port, password="secret")
    client.port, client.process = port, process
    until(lambda: listens(port))
    yield client
    kill(process)
