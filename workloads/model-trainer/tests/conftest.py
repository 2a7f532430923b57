"""A real MLflow server, and the commands as the image runs them."""

import functools
import os
import subprocess

import mlflow
import pytest
from mlflow_server import *  # noqa: F403
from preloaded import Preloaded

BASE = {"PATH": os.environ["PATH"], "HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet", "MPLCONFIGDIR": "/tmp/matplotlib"}
LIBRARIES = ("lightgbm", "matplotlib.figure", "mlflow", "onnxmltools", "onnxruntime", "optuna", "sklearn.metrics")
SMALL = {"ROWS": "3000", "HOLDOUT_ROWS": "1000", "ROUNDS": "40"}


@pytest.fixture(scope="session")
def server(mlflow_server):
    return mlflow_server


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    return mlflow.MlflowClient(server.url)


@functools.cache
def preloaded():
    """The libraries of the commands, imported once for all: that takes most of the time of a small training.

    What a command reads of its variables before it imports them is here too.
    """
    quiet = {"ORT_DISABLE_TELEMETRY": "1", "MLFLOW_LOGGING_LEVEL": "WARNING", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
    return Preloaded(*LIBRARIES, env=BASE | quiet | {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "OMP_NUM_THREADS": "1"})


def command(server, name, code=0, as_program=False, **env):
    """Runs a command with exactly these variables and gives what it printed: as a program of the image, or as a fork that is as this
    once it has imported its libraries."""
    given = BASE | {"MLFLOW_TRACKING_URI": server.url} | SMALL | env
    if as_program:
        done = subprocess.run([name], env=given, capture_output=True, text=True, check=False)
    else:
        done = preloaded().run(name, env=given, timeout=None)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert code != 0 or (done.stderr == "" and len(done.stdout.splitlines()) == 1), done.stderr
    return done


@pytest.fixture
def run(server):
    return functools.partial(command, server)
