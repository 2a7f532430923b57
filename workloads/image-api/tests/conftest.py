"""Real servers, real pictures and a real checkpoint for the tests."""

import io
import os
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import image_api
import numpy as np
import pytest
from mlstack_testing import PATIENCE, children, free_port, kill, start, until
from PIL import Image
from preloaded import Preloaded

IMAGE = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "PYDEVD_DISABLE_FILE_VALIDATION", "HOME")}
"""What the image itself sets."""


def picture(seed=1, size=(320, 240), kind="JPEG"):
    """A file with a picture of coarse noise, another one for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


def upload(data, field="image"):
    return {field: ("cat.jpg", data, "image/jpeg")}


@pytest.fixture(scope="session")
def preloaded():
    """The libraries of the API, imported once for all starts. None of its own modules: what counts requests goes by a variable."""
    process = Preloaded("fastapi", "gunicorn.app.base", "numpy", "PIL.Image", "pydantic_settings", "torch", "uvicorn", env=IMAGE)
    yield process
    process.end()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.pt"
    subprocess.run(["image-api-checkpoint", str(path)], check=True)
    return path


def folders_in(path):
    for name in ("logs", "cache"):
        (path / name).mkdir()
    return {"API_LOG_DIR": str(path / "logs"), "API_CACHE_DIR": str(path / "cache")}


@pytest.fixture
def folders(tmp_path):
    return folders_in(tmp_path)


class Api:
    """A server, how to ask it, and what it wrote."""

    def __init__(self, begin, command, env, log):
        self.port = int(env["API_PORT"])
        self.log = log
        self.process = begin(command, env=env)
        # A connection for each request: one that is kept would meet the same worker each time.
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))

    def get(self, path):
        return self.client.get(path)

    def status(self, path):
        try:
            return self.client.get(path).status_code
        except httpx.TransportError:
            return None

    def serves(self):
        assert self.process.poll() is None, "the server has ended"
        return self.status("/health") == 200

    def predict(self, data=None, **files):
        return self.client.post("/api/v1/predict", files=files or upload(data or picture()))

    def workers(self):
        """Process ids of the workers."""
        return children(self.process.pid)

    def logged(self, text):
        return self.log.exists() and text in self.log.read_text()

    def end(self, sent=signal.SIGKILL):
        self.client.close()
        self.process.send_signal(sent)
        code = self.process.wait(timeout=PATIENCE)
        kill(self.process)
        return code


def server(begin, command, checkpoint, folders, **env):
    """Starts a server by `begin`: as the program of the image, or as a fork that has imported its libraries."""
    given = IMAGE | {"API_HOST": "127.0.0.1", "API_PORT": str(free_port())}
    return Api(begin, command, given | folders | {"API_CHECKPOINT_PATH": str(checkpoint)} | env, Path(folders["API_LOG_DIR"], "api.log"))


@pytest.fixture(scope="module")
def api(checkpoint, tmp_path_factory):
    """One server for the tests that only ask, started as it ships."""
    one = server(start, "image-api", checkpoint, folders_in(tmp_path_factory.mktemp("shared")))
    until(one.serves)
    yield one
    one.end()


@pytest.fixture
def launch(checkpoint, folders, preloaded):
    """Starts a server with these variables; it may still load when this returns."""
    started = []

    def run(command="image-api", **env):
        # The server for development starts new processes itself, each as a program.
        begin = preloaded.start if command == "image-api" else start
        started.append(server(begin, command, checkpoint, folders, **env))
        return started[-1]

    yield run
    for api in started:
        api.end()


@pytest.fixture
def serve(launch):
    """Starts a server with these variables and waits until it serves."""

    def run(*args, **env):
        api = launch(*args, **env)
        until(api.serves)
        return api

    return run


@pytest.fixture
def refused(checkpoint, folders, preloaded):
    """Starts the API with variables that it must refuse; gives its exit code and what it printed."""

    def run(command="image-api", **env):
        given = IMAGE | {"API_CHECKPOINT_PATH": str(checkpoint), "API_HOST": "127.0.0.1", "API_PORT": str(free_port())} | folders | env
        done = preloaded.run(command, env=given)
        assert "Traceback" not in done.stderr + done.stdout
        return done.returncode, done.stderr + done.stdout

    return run


@pytest.fixture
def source(tmp_path):
    """A copy of the source, as it would be mounted."""
    folder = tmp_path / "src"
    shutil.copytree(Path(image_api.__file__).parent, folder / "image_api", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def make(tmp_path, preloaded):
    """Makes a stand-in checkpoint and gives its path."""

    def run(name="other.pt", **options):
        given = [part for option, value in options.items() for part in (f"--{option}", str(value))]
        preloaded.run("image-api-checkpoint", str(tmp_path / name), *given, env=IMAGE).check_returncode()
        return str(tmp_path / name)

    return run
