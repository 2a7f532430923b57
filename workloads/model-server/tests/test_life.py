"""Start, stop, and several workers."""

import json
import os
import signal
import socket
import subprocess

import pytest
from conftest import COLUMNS, SERVER, publish, whole
from metrics_contract import conforms
from mlstack_testing import PATIENCE, children, free_port, listens, until

QUESTION = {"columns": COLUMNS, "rows": [[1, 2, 3]]}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_says_that_it_leaves_and_answers_until_the_gateway_knows(serve, version, workers):
    api = serve(version, WORKERS=workers)
    api.process.send_signal(signal.SIGTERM)
    until(lambda: api.get("/ready").status_code == 404)
    assert api.get("/ready").json()["detail"] == "asked to stop"
    assert api.post("/predict", json=QUESTION).status_code == 200
    assert api.process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM)


def test_finishes_running_requests_when_asked_to_stop(api):
    body = json.dumps(QUESTION).encode()
    with socket.create_connection(("127.0.0.1", api.port), timeout=PATIENCE) as request:
        head = f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        request.sendall(head.encode())
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        api.process.send_signal(signal.SIGTERM)
        until(lambda: api.get("/ready").status_code == 404)
        request.sendall(body)
        assert request.recv(1000).startswith(b"HTTP/1.1 200")


def test_stops_while_it_still_waits_for_the_registry(serve):
    api = serve(1, wait=False, MLFLOW_TRACKING_URI="http://127.0.0.1:1", REGISTRY_WAIT="600")
    api.process.send_signal(signal.SIGTERM)
    assert api.process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM)


def test_several_workers_are_one_server(serve, version):
    api = serve(version, WORKERS="2")
    assert len(children(api.process.pid)) == 2
    for _ in range(30):
        with_new_connection = {"headers": {"connection": "close"}, "json": QUESTION}
        assert api.post("/predict", **with_new_connection).status_code == 200
    text = api.get("/metrics").text
    assert "model_server_rows_total 30.0" in text
    conforms(text, "model-server", "model", "golden")


def test_one_lost_worker_ends_all(serve, version):
    api = serve(version, WORKERS="2")
    os.kill(children(api.process.pid)[0], signal.SIGKILL)
    assert api.process.wait(timeout=PATIENCE) == 1
    until(lambda: not listens(api.port))


def test_several_workers_end_with_the_reason(registry, serve):
    version = publish(registry.url, whole(model=b"nonsense"))
    api = serve(version, wait=False, WORKERS="2")
    assert api.process.wait(timeout=PATIENCE) == 4
    assert "model.onnx cannot be opened" in api.log.read_text().splitlines()[-1]


def test_reports_to_no_one_that_it_runs(serve, version, tmp_path):
    # The model library keeps what it means to send to its maker in the home folder.
    home = tmp_path / "home"
    home.mkdir()
    serve(version, HOME=str(home))
    assert list(home.iterdir()) == []


def run(**env):
    # A port of its own: a test beside this one may have the usual one just then.
    given = {"PATH": "/usr/bin:/bin", "API_PORT": str(free_port()), **env}
    return subprocess.run([SERVER], env=given, capture_output=True, text=True, check=False)


def test_refuses_wrong_variables_all_at_once():
    wrong = {
        "MODEL_VERSION": "latest",
        "MODEL_SHA256": "abc",
        "MLFLOW_TRACKING_URI": "http://eve:hunter2@mlflow:5000",
        "API_PORT": "0",
        "WORKERS": "0",
    }
    done = run(**wrong, MLFLOW_TRACKING_PASSWORD="swordfish")
    assert done.returncode == 2
    named = {line.split(":")[0] for line in done.stderr.splitlines()}
    assert named == {"MODEL_NAME", "MLFLOW_TRACKING_PASSWORD", *wrong}
    assert "hunter2" not in done.stderr and "swordfish" not in done.stderr


def test_says_that_its_port_is_taken(api, version):
    done = run(MODEL_NAME="fraud", MODEL_VERSION=str(version), MLFLOW_TRACKING_URI="http://m", API_HOST="127.0.0.1", API_PORT=str(api.port))
    assert done.returncode == 3
    assert done.stderr.startswith(f"API_HOST, API_PORT: cannot listen on 127.0.0.1:{api.port}: ")


def test_needs_the_other_image_for_a_feature_store():
    done = run(MODEL_NAME="fraud", MODEL_VERSION="1", MLFLOW_TRACKING_URI="http://m", FEAST_REGISTRY_URI="feast-registry:6566")
    assert done.returncode == 2
    assert "FEAST_REGISTRY_URI: this image has no Feast; take the one of the target runtime-feast" in done.stderr
