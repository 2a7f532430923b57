"""A real Redis, real Parquet files and a real server for the tests."""

import json
import os
import signal
import socket
import subprocess
import time

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis

ACCOUNTS = 400
NAMES = [f"f{index:02}" for index in range(16)]


def until(condition, limit=15.0):
    """Waits for `condition`, at most `limit` seconds; the condition decides, not the time."""
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def values():
    rng = np.random.default_rng(1)
    return rng.normal(size=(ACCOUNTS, 16)).astype("<f4")


@pytest.fixture
def folder(tmp_path, values):
    columns = {"account_id": np.arange(ACCOUNTS)} | dict(zip(NAMES, values.T, strict=True)) | {"fraud": values[:, 0] > 1}
    pq.write_table(pa.table(columns), tmp_path / "accounts.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "v1", "files": {}}))
    return tmp_path


class RedisServer:
    """Redis that a test can kill and start again on the same port, filled as the loader fills it."""

    def __init__(self, values):
        self.port = free_port()
        self.values = values
        self.process = None

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--requirepass", "secret", "--save", "", "--dir", "/tmp"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: listens(self.port))
        client = redis.Redis(port=self.port, password="secret")
        client.mset({f"features:{account}": row.tobytes() for account, row in enumerate(self.values)})
        client.hset("features:meta", mapping={"version": "v1"})
        client.close()

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def redis_server(values):
    server = RedisServer(values)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def serve():
    """Starts the API with exactly these variables and gives an HTTP client for it."""
    started = []

    def run(**env):
        port = free_port()
        process = subprocess.Popen(["feature-api"], env={"PATH": os.environ["PATH"], "API_HOST": "127.0.0.1", "API_PORT": str(port), **env})
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5)
        started.append((process, client))
        until(lambda: process.poll() is None and listens(port))
        client.process = process
        return client

    yield run
    for process, client in started:
        client.close()
        process.kill()
        process.wait()
