"""A real MLflow server, and the commands as the image runs them."""

import os
import socket
import subprocess
import sys
import time

import mlflow
import pytest
import requests

SMALL = {"ROWS": "3000", "HOLDOUT_ROWS": "1000", "ROUNDS": "40"}


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


class Mlflow:
    """MLflow's server on a folder of its own."""

    def __init__(self, folder, port=None):
        self.folder, self.port, self.process = folder, port or free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        store = ["--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--artifacts-destination", f"{self.folder}/artifacts"]
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1", *store]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return requests.get(f"{self.url}/health", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def kill(self):
        if self.process:
            os.killpg(self.process.pid, 9)
            self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Mlflow(tmp_path_factory.mktemp("mlflow"))
    server.start()
    until(server.answers)
    yield server
    server.kill()


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    return mlflow.MlflowClient(server.url)


@pytest.fixture
def run(server):
    """Runs a command with exactly these variables and gives what it said."""

    def start(command, code=0, **env):
        given = {"PATH": os.environ["PATH"], "HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
        given |= {"MPLCONFIGDIR": "/tmp/matplotlib", "MLFLOW_TRACKING_URI": server.url} | SMALL | env
        done = subprocess.run([command], env=given, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert code != 0 or (done.stderr == "" and len(done.stdout.splitlines()) == 1), done.stderr
        return done

    return start
