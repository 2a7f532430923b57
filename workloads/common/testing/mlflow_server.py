"""A real MLflow server: one for all processes that run tests side by side, started by the first of them.

A `conftest.py` takes the hooks and the fixture: `from mlflow_server import *`.
"""

import os
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest
from mlstack_testing import free_port, kill, listens, start, until

# As the image of the tracking server starts it: without a second process that loads MLflow too.
SERVER = [sys.executable, str(Path(__file__).with_name("one_process.py")), "mlflow", "server"]

__all__ = ["mlflow_server", "pytest_configure", "pytest_configure_node", "pytest_unconfigure"]


class Mlflow:
    """MLflow's server on a folder; can be ended and started again on the same port."""

    def __init__(self, folder, *options, port=None):
        self.folder, self.options, self.port, self.process = Path(folder), options, port or free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def begin(self, **env):
        """Starts it and returns at once."""
        store = ["--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--artifacts-destination", f"{self.folder}/artifacts"]
        command = [*SERVER, "--port", str(self.port), "--workers", "1", *store, *self.options]
        self.process = start(*command, env=os.environ | env, cwd=self.folder, log=self.folder / "log")

    def start(self, **env):
        """Starts it and returns when it answers."""
        self.begin(**env)
        until(self.answers)

    def answers(self):
        assert self.process is None or self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self):
        if self.process:
            kill(self.process)
            until(lambda: not listens(self.port))
            self.process = None


def pytest_configure(config):
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    config.mlflow = Mlflow(tempfile.mkdtemp(prefix="mlflow-"))
    config.mlflow.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["mlflow"] = (str(node.config.mlflow.folder), node.config.mlflow.port)


def pytest_unconfigure(config):
    if server := getattr(config, "mlflow", None):
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mlflow_server(request):
    """The one server, once it answers."""
    if hasattr(request.config, "workerinput"):
        folder, port = request.config.workerinput["mlflow"]
        server = Mlflow(folder, port=port)
    else:
        server = request.config.mlflow
    until(server.answers)
    return server
