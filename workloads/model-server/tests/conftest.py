"""A real MLflow server with real versions in its registry, and the server that is tested, as the image ships it."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import httpx
import mlflow
import numpy as np
import onnx
import pytest
from mlflow.exceptions import MlflowException
from mlflow_server import *  # noqa: F403
from mlstack_testing import PATIENCE, free_port, kill, listens, start, until
from onnx import TensorProto, helper

COLUMNS = ["amount", "hour", "distance"]
WEIGHTS = [0.8, -0.4, 0.3]
SERVER = os.environ.get("MODEL_SERVER", "/opt/venv/bin/model-server")
"""The program of the image; the tests run in another environment, which has MLflow."""


def expected(rows):
    return (1 / (1 + np.exp(-(np.array(rows) @ WEIGHTS[: len(rows[0])])))).tolist()


def onnx_model(output="predictions", inputs=("rows",), columns=COLUMNS, end="Sigmoid"):
    """A logistic regression as bytes, or with another function at its end."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [len(columns), 1], WEIGHTS[: len(columns)])
    shape = helper.make_tensor("shape", TensorProto.INT64, [1], [-1])
    nodes = [
        helper.make_node("MatMul", [inputs[0], "weights"], ["sum"]),
        helper.make_node(end, ["sum"], ["share"]),
        helper.make_node("Reshape", ["share", "shape"], [output]),
    ]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, len(columns)]) for name in inputs]
    graph = helper.make_graph(nodes, "fraud", given, [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None])], [weights, shape])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def golden(predictions=None, columns=COLUMNS):
    rows = [row[: len(columns)] for row in ([0.5, 1.0, 2.0], [-1.0, 0.0, 3.0])]
    answer = {"predictions": expected(rows) if predictions is None else predictions}
    return json.dumps({"request": {"columns": columns, "rows": rows}, "response": answer, "tolerance": 1e-4}).encode()


def reference(**other):
    """What two of the columns were like in training: each of four bins had a quarter of the rows."""
    features = [{"name": name, "edges": [-1, 0, 1], "shares": [0, 0.25, 0.25, 0.25, 0.25]} for name in ("distance", "amount")]
    return json.dumps({"version": 1, "rows": 20_000, "together": 1, "features": features} | other).encode()


def whole(model=None, golden_file=None, columns=COLUMNS, reference_file=None):
    """The files of a version whose checksums are right; one of before, without a reference, unless it is given."""
    files = {"model.onnx": model or onnx_model(columns=columns), "golden.json": golden_file or golden(columns=columns)}
    files |= {"reference.json": reference_file} if reference_file is not None else {}
    checksums = json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}).encode()
    return files | {"checksums.json": checksums, "MLmodel": b"flavors: {}\n"}


def publish(url, files, name="fraud"):
    """Registers a version with these files, the way training does, and gives its number."""
    client = mlflow.MlflowClient(url)
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        assert error.error_code == "RESOURCE_ALREADY_EXISTS"
    logged = client.create_logged_model("0")
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / logged.model_id
    folder.mkdir()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    return client.create_model_version(name, f"models:/{logged.model_id}", model_id=logged.model_id).version


@pytest.fixture(scope="session")
def registry(mlflow_server):
    return mlflow_server


@pytest.fixture(scope="session")
def version(registry):
    return publish(registry.url, whole())


@contextlib.contextmanager
def served(registry, version, folder, wait=True, **env):
    """The server with exactly these variables, as an HTTP client for it."""
    port = free_port()
    given = {"MODEL_NAME": "fraud", "MODEL_VERSION": str(version), "MLFLOW_TRACKING_URI": registry.url}
    given |= {"API_HOST": "127.0.0.1", "API_PORT": str(port), "PATH": "/usr/bin:/bin", "REGISTRY_WAIT": str(PATIENCE), **env}
    log = folder / f"log-{port}"
    process = start(SERVER, env=given, log=log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)
    client.process, client.log, client.port = process, log, port
    try:
        until(lambda: process.poll() is None and listens(port))
        if wait:
            until(lambda: client.get("/ready").status_code == 200)
        yield client
    finally:
        client.close()
        kill(process)


@pytest.fixture
def serve(registry, tmp_path):
    """Starts servers, each until the test ends."""
    with contextlib.ExitStack() as started:
        yield lambda version, **options: started.enter_context(served(registry, version, tmp_path, **options))


@pytest.fixture
def api(serve, version):
    return serve(version)
