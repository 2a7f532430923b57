"""A real MLflow server, and the commands as the image runs them."""

import functools
import os
import subprocess

import mlflow
import pytest
from mlflow_server import *  # noqa: F403

SMALL = {"ROWS": "3000", "HOLDOUT_ROWS": "1000", "ROUNDS": "40"}


@pytest.fixture(scope="session")
def server(mlflow_server):
    return mlflow_server


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    return mlflow.MlflowClient(server.url)


def command(server, name, code=0, **env):
    """Runs a command with exactly these variables and gives what it printed."""
    given = {"PATH": os.environ["PATH"], "HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    given |= {"MPLCONFIGDIR": "/tmp/matplotlib", "MLFLOW_TRACKING_URI": server.url} | SMALL | env
    done = subprocess.run([name], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert code != 0 or (done.stderr == "" and len(done.stdout.splitlines()) == 1), done.stderr
    return done


@pytest.fixture
def run(server):
    return functools.partial(command, server)
