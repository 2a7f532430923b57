"""A real MLflow server, and the commands as the image runs them."""

import os
import subprocess
import sys

import mlflow
import pytest
import requests
from mlstack_testing import free_port, kill, start, until

SMALL = {"ROWS": "3000", "HOLDOUT_ROWS": "1000", "ROUNDS": "40"}


class Mlflow:
    """MLflow's server on a folder."""

    def __init__(self, folder, port=None):
        self.folder, self.port, self.process = folder, port or free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        store = ["--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--artifacts-destination", f"{self.folder}/artifacts"]
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1", *store]
        self.process = start(*command, cwd=self.folder, log=self.folder / "log")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return requests.get(f"{self.url}/health", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def kill(self):
        if self.process:
            kill(self.process)


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
    """Runs a command with exactly these variables and gives what it printed."""

    def call(command, code=0, **env):
        given = {"PATH": os.environ["PATH"], "HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
        given |= {"MPLCONFIGDIR": "/tmp/matplotlib", "MLFLOW_TRACKING_URI": server.url} | SMALL | env
        done = subprocess.run([command], env=given, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert code != 0 or (done.stderr == "" and len(done.stdout.splitlines()) == 1), done.stderr
        return done

    return call
