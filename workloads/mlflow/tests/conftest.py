"""Real servers for the tests: those of `test_server.py` on the port that the image serves, all others on free ones, so that files
may run side by side."""

import functools
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from mlstack_testing import PATIENCE, free_port, kill, start, until
from preloaded import Preloaded

PORT = 5000
API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


def variables(data: Path, **env) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/tmp", "DATA": str(data), **env}


@functools.cache
def preloaded() -> Preloaded:
    """What the image's own commands import before MLflow, once."""
    modules = [f"mlflow_serve.{name}" for name in ("backup", "gcs", "restore", "s3", "server")]
    return Preloaded(*modules, env={name: os.environ[name] for name in ("PATH", "HOME")})


def run(*command, data: Path, **env) -> subprocess.CompletedProcess:
    """Runs a command of the image to its end; or another program."""
    given = variables(data, **env)
    if command[0].startswith("mlflow-"):
        return preloaded().run(*command, env=given, timeout=PATIENCE)
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=PATIENCE)


@dataclass
class Server:
    """`mlflow-serve` on a folder, with a client for it."""

    data: Path
    env: dict[str, str]
    auth: tuple[str, str] | None = None
    port: int = PORT
    client: httpx.Client = field(init=False)
    process: subprocess.Popen = field(init=False)

    def start(self) -> "Server":
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE, auth=self.auth, trust_env=False)
        port = {} if self.port == PORT else {"API_PORT": str(self.port)}
        self.process = start("mlflow-serve", env=variables(self.data, ALLOWED_HOSTS="mlflow,mlflow:5000", **port, **self.env))
        until(self.healthy)
        return self

    def healthy(self) -> bool:
        assert self.process.poll() is None, "it ended"
        try:
            return self.client.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        self.client.close()
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def post(self, endpoint: str, **body) -> dict:
        answer = self.client.post(f"{API}/{endpoint}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, endpoint: str, **params) -> dict:
        answer = self.client.get(f"{API}/{endpoint}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, path: str, content: bytes) -> None:
        assert self.client.put(f"{ARTIFACTS}/{path}", content=content).status_code == 200

    def download(self, path: str) -> bytes:
        answer = self.client.get(f"{ARTIFACTS}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def get_files(self, path: str) -> list[dict]:
        answer = self.client.get(ARTIFACTS, params={"path": path})
        assert answer.status_code == 200, answer.text
        return answer.json()["files"]

    def train(self, content: bytes) -> str:
        """What a training job does: logs a run with an artifact, registers a model, points an alias at it; gives the run's id."""
        run_id = self.post("runs/create", experiment_id="0")["run"]["info"]["run_id"]
        self.post("runs/log-metric", run_id=run_id, key="auc", value=0.75, timestamp=1)
        self.upload(f"0/{run_id}/artifacts/model/model.onnx", content)
        self.client.post(f"{API}/registered-models/create", json={"name": "fraud"})
        source = f"mlflow-artifacts:/0/{run_id}/artifacts/model"
        version = self.post("model-versions/create", name="fraud", source=source, run_id=run_id)["model_version"]["version"]
        self.post("registered-models/alias", name="fraud", alias="production", version=version)
        return run_id

    def model(self) -> dict:
        return self.get("registered-models/alias", name="fraud", alias="production")["model_version"]

    def metrics(self) -> dict[str, float]:
        """The metric of each run that has logged it."""
        runs = self.post("runs/search", experiment_ids=["0"], max_results=1000)["runs"]
        return {one["info"]["run_id"]: metric["value"] for one in runs for metric in one["data"].get("metrics", [])}


@pytest.fixture(scope="module")
def launch(request):
    """Starts a server; there is one at a time, since all of a file have the same port."""
    running = []
    port = PORT if request.module.__name__ == "test_server" else free_port()

    def begin(data: Path, auth=None, **env) -> Server:
        stop()
        running.append(Server(data, env, auth, port))
        return running[0].start()

    def stop():
        for server in running:
            server.client.close()
            # How it ends when it is asked to is a test of its own, and takes longer.
            kill(server.process)
        running.clear()

    yield begin
    stop()
