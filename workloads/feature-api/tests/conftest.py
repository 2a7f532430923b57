"""A real Redis, real Parquet files and a real server for the tests."""

import contextlib
import os

import httpx
import numpy as np
import pyarrow as pa
import pytest
import redis
from mlstack_common import tables
from mlstack_common.data_sets import current
from mlstack_common.feature_keys import key_of
from mlstack_testing import PATIENCE, free_port, kill, listens, start, until

ACCOUNTS = 400
NAMES = [f"f{index:02}" for index in range(16)]


def generated():
    return np.random.default_rng(1).normal(size=(ACCOUNTS, 16)).astype("<f4")


def write(folder, values, version="v1"):
    columns = {"account_id": np.arange(ACCOUNTS)} | dict(zip(NAMES, values.T, strict=True)) | {"fraud": values[:, 0] > 1}
    tables.write(folder, version, {"accounts.parquet": pa.table(columns)})


@pytest.fixture
def values():
    return generated()


@pytest.fixture
def folder(tmp_path, values):
    write(tmp_path, values)
    return tmp_path


class RedisServer:
    """Redis that a test can kill and start again on the same port, filled as the loader fills it."""

    def __init__(self, values, data_set):
        self.port = free_port()
        self.values, self.data_set = values, data_set
        self.process = None

    def start(self):
        self.process = start("redis-server", "--port", str(self.port), "--requirepass", "secret", "--save", "", "--dir", "/tmp")
        until(lambda: listens(self.port))
        self.client = redis.Redis(port=self.port, password="secret")
        self.client.mset({key_of(self.data_set, account): row.tobytes() for account, row in enumerate(self.values)})
        self.client.hset("features:current", mapping={"set": self.data_set, "version": "v1"})

    def kill(self):
        if self.process:
            kill(self.process)
            self.process = None


@pytest.fixture
def redis_server(values, folder):
    server = RedisServer(values, current(folder).id)
    server.start()
    yield server
    server.kill()


@contextlib.contextmanager
def served(**env):
    """The API with exactly these variables, as an HTTP client for it."""
    port = free_port()
    process = start("feature-api", env={"PATH": os.environ["PATH"], "API_HOST": "127.0.0.1", "API_PORT": str(port), **env})
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)  # the port is open before the worker has read the files
    try:
        until(lambda: process.poll() is None and listens(port))
        client.process = process
        yield client
    finally:
        client.close()
        kill(process)


@pytest.fixture
def serve():
    """Starts servers, each until the test ends."""
    with contextlib.ExitStack() as started:
        yield lambda **env: started.enter_context(served(**env))
