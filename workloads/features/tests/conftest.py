"""A real Redis for the tests that need one."""

import os
import socket
import subprocess
import time

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("ACCOUNTS", "EDGES", "REDIS_HOST", "REDIS_PASSWORD", "STORAGE_BASE_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def redis_port(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--requirepass", "secret", "--dir", str(tmp_path), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 10
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < end, "redis did not start"
            time.sleep(0.02)  # between two looks; the connection decides, not the time
    yield port
    process.kill()
    process.wait()


@pytest.fixture
def run():
    """Runs one of the package's commands with exactly these variables."""

    def command(name, **env):
        return subprocess.run([name], env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, check=False)

    return command
