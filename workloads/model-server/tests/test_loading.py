"""What is served, and what never is."""

import hashlib
import json

import httpx
import mlflow
import pytest
from conftest import COLUMNS, expected, golden, onnx_model, publish, reference, whole
from mlflow_server import Mlflow
from mlstack_testing import until

ROWS = [[0.1, 0.2, 0.3]]


def last_line(api):
    return api.log.read_text().splitlines()[-1]


def refused(api, code=4):
    """Waits for the end; gives what /ready said before. Nothing was ever answered."""
    said = set()

    def ended():
        if api.process.poll() is None:
            try:
                ready, prediction = api.get("/ready"), api.post("/predict", json={"columns": COLUMNS, "rows": ROWS})
            except httpx.TransportError:  # the port was just closed
                return False
            assert (ready.status_code, prediction.status_code) == (503, 503)
            said.add(ready.json()["detail"])
        return api.process.poll() is not None

    until(ended)
    assert api.process.returncode == code
    assert "Traceback" not in api.log.read_text()
    return said


def checksums(**files):
    return json.dumps(files).encode()


DAMAGES = {
    "another model": (whole() | {"model.onnx": onnx_model()[:-1] + b"?"}, "model.onnx is not the file that was registered: its SHA-256 is "),
    "no model at all": (whole() | {"model.onnx": b"nonsense"}, "model.onnx is not the file that was registered"),
    "another golden request": (whole() | {"golden.json": golden() + b" "}, "golden.json is not the file that was registered"),
    "a wrong golden answer": (whole(golden_file=golden([0.1, 0.2])), "the golden request is answered wrong: row 0 gives 0."),
    "too few golden answers": (whole(golden_file=golden([0.1])), "the golden request has 2 answers, golden.json 1"),
    "no golden answer": (whole(golden_file=b'{"request": 1}'), "golden.json is wrong: "),
    "a file that is no model": (whole(model=b"nonsense"), "model.onnx cannot be opened: "),
    "another output": (whole(model=onnx_model(output="label")), "model.onnx must have an output predictions, has label"),
    "two inputs": (whole(model=onnx_model(inputs=("rows", "more"))), "model.onnx must have one input"),
    "no checksums": ({name: data for name, data in whole().items() if name != "checksums.json"}, "has no file checksums.json"),
    "no model file": ({name: data for name, data in whole().items() if name != "model.onnx"}, "has no file model.onnx"),
    "another reference": (whole(reference_file=reference()) | {"reference.json": reference(rows=1)}, "reference.json is not the file that was registered"),
    "a reference that is missing": ({name: data for name, data in whole(reference_file=b"").items() if name != "reference.json"}, "has no file reference.json"),
    "damaged checksums": (whole() | {"checksums.json": b"{"}, "checksums.json is damaged: "),
    "too few checksums": (whole() | {"checksums.json": checksums(**{"model.onnx": "0"})}, "checksums.json must name golden.json and model.onnx"),
    "paths in checksums": (whole() | {"checksums.json": checksums(**{"model.onnx": "0", "../x": "0"})}, "checksums.json must name golden.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_never_serves(registry, serve, damage):
    files, reason = DAMAGES[damage]
    version = publish(registry.url, files)
    api = serve(version, wait=False)
    assert api.get("/health").status_code == 200
    said = refused(api)
    assert any(f"fraud version {version} is not served: " in line and reason in line for line in said)
    assert reason in last_line(api)


def test_trusts_only_the_checksums_that_the_deployment_names(serve, version):
    right = hashlib.sha256(whole()["checksums.json"]).hexdigest()
    api = serve(version, MODEL_SHA256=right)
    assert api.post("/predict", json={"columns": COLUMNS, "rows": ROWS}).status_code == 200
    wrong = serve(version, wait=False, MODEL_SHA256="0" * 64)
    refused(wrong)
    assert "checksums.json is not the file that was registered" in last_line(wrong) and "MODEL_SHA256 says 000000000000…" in last_line(wrong)


@pytest.mark.parametrize(("name", "number"), [("fraud", "999"), ("nobody", "1")])
def test_needs_a_version_that_is_there(serve, name, number):
    api = serve(number, wait=False, MODEL_NAME=name)
    refused(api)
    assert f"{name} version {number} is not there" in last_line(api)


def test_needs_artifacts_behind_the_proxy(registry, serve):
    version = mlflow.MlflowClient(registry.url).create_model_version("fraud", "s3://bucket/model").version
    api = serve(version, wait=False)
    refused(api)
    assert "is kept at s3://bucket, not behind" in last_line(api)


def test_waits_for_the_registry_and_needs_it_no_more_once_loaded(serve, tmp_path_factory):
    late = Mlflow(tmp_path_factory.mktemp("late"))
    try:
        late.start()
        version = publish(late.url, whole())
        late.kill()
        api = serve(version, wait=False, MLFLOW_TRACKING_URI=late.url)
        until(lambda: f"{late.url} cannot be reached" in api.get("/ready").json()["detail"])
        assert api.get("/health").status_code == 200
        late.start()
        until(lambda: api.get("/ready").status_code == 200)
        late.kill()
        assert api.get("/ready").status_code == 200
        answer = api.post("/predict", json={"columns": COLUMNS, "rows": ROWS}).json()
        assert answer["predictions"] == pytest.approx(expected(ROWS), abs=1e-5)
    finally:
        late.kill()


def test_gives_up_on_a_registry_that_stays_away(serve):
    api = serve(1, wait=False, MLFLOW_TRACKING_URI="http://127.0.0.1:1", REGISTRY_WAIT="1")
    said = refused(api, code=5)
    assert any("http://127.0.0.1:1 cannot be reached" in line for line in said)
    assert "http://127.0.0.1:1 cannot be reached" in last_line(api)


def test_logs_in_and_says_whose_name_is_unknown(serve, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("closed")
    (folder / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/auth.db\nadmin_username = admin\n"
        "admin_password = hunter2hunter2\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    closed = Mlflow(folder, "--app-name", "basic-auth", "--allowed-hosts", "127.0.0.1:*")
    try:
        closed.start(MLFLOW_AUTH_CONFIG_PATH=str(folder / "auth.ini"), MLFLOW_FLASK_SERVER_SECRET_KEY="k")
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2hunter2")
        version = publish(closed.url, whole())
        login = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "hunter2hunter2"}
        assert serve(version, MLFLOW_TRACKING_URI=closed.url, **login).get("/ready").status_code == 200
        stranger = serve(version, wait=False, MLFLOW_TRACKING_URI=closed.url, **login | {"MLFLOW_TRACKING_PASSWORD": "swordfish"})
        refused(stranger)
        assert "refuses the login in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" in last_line(stranger)
        assert "swordfish" not in stranger.log.read_text()
        lost = serve(version, wait=False, MLFLOW_TRACKING_URI=f"http://localhost:{closed.port}", **login)
        refused(lost)
        assert "add it to its --allowed-hosts" in last_line(lost)
    finally:
        closed.kill()
