import json
import os
import signal
import socket
import subprocess

import httpx
import pytest
from conftest import WORKERS, photo, predicts, variables
from image_classifier import files
from mlstack_testing import PATIENCE, until


def takes_traffic(client):
    """What one of the workers says, whichever is asked; one that has left takes none."""
    try:
        return client.get("/ready", headers={"Connection": "close"}).status_code == 200
    except httpx.TransportError:
        return False


def test_leaves_in_order_when_asked_to_stop(serve, models):
    client = serve(models)
    until(client.ready)
    ray = client.pids("")
    client.process.send_signal(signal.SIGTERM)
    until(lambda: client.get("/ready").status_code == 404)
    assert predicts(client) == 200
    until(lambda: not any(takes_traffic(client) for _ in range(5 * WORKERS)))
    _, errors = client.process.communicate(timeout=PATIENCE)
    assert client.process.returncode == 0, errors
    assert "Traceback" not in errors
    until(lambda: not any(os.path.exists(f"/proc/{pid}/fd") and os.listdir(f"/proc/{pid}/fd") for pid in ray))


def test_finishes_a_running_upload_when_asked_to_stop(serve, models):
    client = serve(models, UVICORN_WORKERS="1")
    until(client.ready)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n' + photo(True) + b"\r\n--x--\r\n"
    head = f"POST /predict_clip HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=PATIENCE) as request:
        request.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        client.process.send_signal(signal.SIGTERM)
        until(lambda: not client.ready())
        request.sendall(body)
        assert request.recv(1000).startswith(b"HTTP/1.1 200")
    client.process.communicate(timeout=PATIENCE)
    assert client.process.returncode == 0


@pytest.mark.parametrize("part", ["gcs/gcs_server", "raylet/raylet ", "bin/ray start"])
def test_ends_with_an_error_when_ray_is_gone(serve, models, part):
    client = serve(models, UVICORN_WORKERS="1")
    until(client.ready)
    assert client.pids(part)
    client.kill(part)
    _, errors = client.process.communicate(timeout=PATIENCE)
    assert client.process.returncode == 6
    assert "Ray has ended" in errors


def test_is_not_ready_without_models_says_why_and_takes_them_when_they_come(serve, models, tmp_path):
    late = tmp_path / "late"
    client = serve(late, UVICORN_WORKERS="1")
    until(lambda: "no model in" in until(lambda: answered(client)).json()["detail"])
    assert str(late) in client.get("/ready").json()["detail"]
    health = client.get("/health").json()
    assert (health["status"], health["ray_workers_available"]) == ("degraded", 0)
    assert predicts(client) == 503
    late.symlink_to(models)
    until(client.ready)
    assert predicts(client) == 200


def test_is_not_ready_with_a_model_that_answers_the_golden_question_wrongly(serve, models, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    golden = json.loads((models / files.GOLDEN).read_text())
    golden["response"]["clip"][0] += 0.01
    whole = {name: (models / name).read_bytes() for name in files.NAMES.values()}
    files.write(wrong, {**whole, files.GOLDEN: json.dumps(golden).encode()})
    client = serve(wrong, UVICORN_WORKERS="1")
    until(lambda: "golden question" in until(lambda: answered(client)).json()["detail"])
    until(lambda: client.get("/health").json()["ray_workers_available"] == 1)
    assert client.upload("/predict_clip", photo(True)).status_code == 503
    assert client.upload("/predict_lgbm", photo(True)).status_code == 200


def answered(client):
    """What `/ready` says; None while no worker listens."""
    try:
        return client.get("/ready")
    except httpx.TransportError:
        return None


def run(tmp_path, **env):
    given = variables(tmp_path, tmp_path, **env)
    return subprocess.run(["image-classifier"], env=given, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_refuses_wrong_variables_all_at_once(tmp_path):
    done = run(tmp_path, API_PORT="0", UVICORN_WORKERS="many", LOG_LEVEL="LOUD", RUN_DIR="/tmp/" + "x" * 40, OBJECT_STORE_MEMORY=str(2**40))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    for name in ("API_PORT", "UVICORN_WORKERS", "LOG_LEVEL", "RUN_DIR", "OBJECT_STORE_MEMORY"):
        assert f"{name}: " in done.stderr
    assert "more shared memory" in done.stderr


def test_refuses_folders_that_it_cannot_write_to(tmp_path):
    done = run(tmp_path, LOGS_DIR="/nowhere", CUSTOMER_DATA_DIR="/proc")
    assert done.returncode == 4
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["LOGS_DIR", "CUSTOMER_DATA_DIR"]


def test_says_that_its_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run(tmp_path, API_PORT=str(other.getsockname()[1]))
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "cannot listen on 127.0.0.1:" in done.stderr


def test_says_that_rays_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run(tmp_path, RAY_HEAD_SERVICE_PORT=str(other.getsockname()[1]))
    assert done.returncode == 6
    assert "Ray has ended" in done.stderr
