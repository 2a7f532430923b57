"""Trained models and a whole running classifier, with Ray and its workers, for the tests."""

import io
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from image_classifier.samples import eyes
from mlstack_testing import PATIENCE, free_port, until
from xdist.scheduler import LoadScopeScheduling

WORKERS = 2
OBJECT_STORE = 80 * 2**20


def photo(cataract, kind="PNG", seed=99, size=None):
    """A generated eye as a file."""
    image = eyes(2, seed)[0][int(cataract)]
    buffer = io.BytesIO()
    (image.resize(size) if size else image).save(buffer, kind)
    return buffer.getvalue()


def train(folder, **env):
    """Runs the training command."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "MODELS_DIR": str(folder), "SAMPLES": "200", **env}
    return subprocess.run(["classifier-train"], env=variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    assert train(folder).returncode == 0
    return folder


class Classifier(httpx.Client):
    """A client of one running classifier that also sees its processes."""

    def ready(self):
        try:
            return self.get("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def upload(self, path, data, kind="image/png"):
        return self.post(path, files={"file": ("image", data, kind)})

    def pids(self, part):
        """Processes of this classifier whose command line has `part` in it."""
        return [pid for pid, command in descendants(self.process.pid) if part in command]

    def kill(self, part):
        for pid in self.pids(part):
            os.kill(pid, signal.SIGKILL)


def descendants(root):
    """(pid, command line) of all processes below `root`."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                parents.setdefault(parent, []).append((int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")))
            except OSError:
                continue  # it has ended meanwhile
    found, open_ = [], [root]
    while open_:
        children = parents.get(open_.pop(), [])
        found += children
        open_ += [pid for pid, _ in children]
    return found


def variables(tmp_path, folder, **env):
    """What a classifier is started with, in new folders."""
    for name in ("logs", "data"):
        (tmp_path / name).mkdir(exist_ok=True)
    port = free_port()
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "/app",
        "MODELS_DIR": str(folder),
        "LOGS_DIR": str(tmp_path / "logs"),
        "CUSTOMER_DATA_DIR": str(tmp_path / "data"),
        "RUN_DIR": f"/tmp/c{port}",
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "RAY_HEAD_SERVICE_PORT": str(free_port()),
        "UVICORN_WORKERS": str(WORKERS),
        "OBJECT_STORE_MEMORY": str(OBJECT_STORE),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **env,
    }


def start(tmp_path, folder, **env):
    given = variables(tmp_path, folder, **env)
    client = Classifier(base_url=f"http://127.0.0.1:{given['API_PORT']}", timeout=PATIENCE)
    client.process = subprocess.Popen(["image-classifier"], env=given, stderr=subprocess.PIPE, text=True)
    client.folder = tmp_path
    return client


def end(client):
    client.close()
    if client.process.poll() is None:
        client.process.send_signal(signal.SIGTERM)
    try:
        client.process.communicate(timeout=PATIENCE)
    finally:
        client.process.kill()


@pytest.fixture(scope="session")
def classifier(models, tmp_path_factory):
    """One that all tests share which leave it as they found it."""
    client = start(tmp_path_factory.mktemp("shared"), models)
    until(client.ready)
    yield client
    end(client)


@pytest.fixture(scope="session")
def alone(models, tmp_path_factory):
    """The same with one worker, reachable from outside, and for tests that may disturb it for a while."""
    client = start(tmp_path_factory.mktemp("alone"), models, API_HOST="0.0.0.0", UVICORN_WORKERS="1", REQUEST_TIMEOUT="5")
    until(client.ready)
    yield client
    end(client)


class Together(LoadScopeScheduling):
    """Files whose tests share a classifier stay in one process: starting Ray costs more than all their questions. Other tests go where there is room."""

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0].rpartition("/")[2]
        return file if file in ("test_api.py", "test_alone.py") else nodeid


def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)


def predicts(client):
    """The status of a question that needs both models."""
    return client.upload("/predict_ensemble", photo(True)).status_code


@pytest.fixture
def serve(tmp_path):
    """Starts classifiers of a test's own."""
    started = []

    def run(folder, **env):
        started.append(start(tmp_path, folder, **env))
        return started[-1]

    yield run
    for client in started:
        end(client)
