import hashlib
import os
import signal
import socket
import sqlite3
import tempfile
from pathlib import Path

import pytest
from conftest import API, ARTIFACTS, run
from mlstack_testing import PATIENCE, until

MODEL = os.urandom(300_000)


@pytest.fixture(scope="module")
def disk():
    """A folder that is not in memory."""
    with tempfile.TemporaryDirectory(dir="/results") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def server(launch, disk):
    return launch(disk, CORS_ORIGINS="https://ui.example.org")


def test_tracks_a_run_keeps_its_artifacts_and_registers_its_model(server):
    run_id = server.train(MODEL)
    assert server.metrics()[run_id] == 0.75
    assert server.model()["run_id"] == run_id
    assert server.download(f"0/{run_id}/artifacts/model/model.onnx") == MODEL
    assert (server.data / "artifacts/0" / run_id / "artifacts/model/model.onnx").read_bytes() == MODEL
    listed = server.get("artifacts/list", run_id=run_id, path="model")["files"]
    assert [(one["path"], one["file_size"]) for one in listed] == [("model/model.onnx", len(MODEL))]
    assert server.client.get("/").status_code == 200


@pytest.mark.parametrize("host", ["mlflow", "mlflow:5000", "localhost", "localhost:5000", "127.0.0.1", "127.0.0.1:5000"])
def test_answers_to_the_allowed_names_and_its_own(server, host):
    assert server.client.get(f"{API}/experiments/get", params={"experiment_id": "0"}, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example.com", "mlflow:5001", "mlflow.evil.example.com", "10.0.0.1"])
def test_refuses_any_other_name_but_reports_its_health_under_all(server, host):
    refused = server.client.get(f"{API}/experiments/get", params={"experiment_id": "0"}, headers={"Host": host})
    assert refused.status_code == 403
    assert server.client.get(f"{ARTIFACTS}/0", headers={"Host": host}).status_code == 403
    assert server.client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/health/", "/signup/", f"{API}/experiments/search/", f"{ARTIFACTS}/0/", "/static-files/", "/graphql/", "/docs/"])
def test_leads_no_client_elsewhere_whatever_it_says_of_its_address(server, path):
    claims = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.com", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example.com"}
    for method in ("GET", "POST"):
        answer = server.client.request(method, path, headers=claims, json={})
        assert "location" not in answer.headers and "evil.example.com" not in answer.text


def test_lets_listed_origins_write_and_no_other(server):
    def create(origin):
        return server.client.post(f"{API}/runs/create", json={"experiment_id": "0"}, headers={"Origin": origin})

    assert create("https://evil.example.com").status_code == 403
    allowed = create("https://ui.example.org")
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://ui.example.org")


def test_refuses_a_second_server_on_the_same_data(server):
    second = run("mlflow-serve", data=server.data, ALLOWED_HOSTS="mlflow")
    assert second.returncode == 2
    assert second.stderr == f"DATA: a server or a restore is using {server.data}; stop it first\n"


def test_takes_and_gives_models_larger_than_its_folder_in_memory(server):
    part, parts = os.urandom(1 << 20), 300  # /tmp has 256 MiB here
    assert server.client.put(f"{ARTIFACTS}/0/large.bin", content=(part for _ in range(parts))).status_code == 200
    with server.client.stream("GET", f"{ARTIFACTS}/0/large.bin") as answer:
        checksum = hashlib.sha256()
        for chunk in answer.iter_bytes():
            checksum.update(chunk)
    assert checksum.digest() == hashlib.sha256(part * parts).digest()


def test_finishes_running_requests_when_asked_to_stop_and_keeps_what_it_knows(launch, tmp_path):
    server = launch(tmp_path)
    run_id = server.train(MODEL)
    body = b"finished"
    with socket.create_connection(("127.0.0.1", 5000), timeout=PATIENCE) as request:
        head = f"PUT {ARTIFACTS}/0/late.bin HTTP/1.1\r\nHost: mlflow\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        request.sendall(head.encode())
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        server.process.send_signal(signal.SIGTERM)
        until(refuses_connections)
        request.sendall(body)
        assert request.recv(1000).startswith(b"HTTP/1.1 200")
    assert server.process.wait(timeout=PATIENCE) == 0
    again = launch(tmp_path)
    assert again.metrics() == {run_id: 0.75}
    assert again.download("0/late.bin") == body


def refuses_connections():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", 5000)) != 0


def test_keeps_runs_and_models_in_files(launch, tmp_path):
    run_id = launch(tmp_path, BACKEND="file").train(MODEL)
    assert (tmp_path / "store/0" / run_id / "meta.yaml").exists() and not (tmp_path / "mlflow.db").exists()
    again = launch(tmp_path, BACKEND="file")
    assert again.metrics() == {run_id: 0.75} and again.model()["run_id"] == run_id


def test_refuses_a_damaged_database(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    done = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow")
    assert done.returncode == 4
    assert done.stderr.startswith(f"{tmp_path}/mlflow.db is damaged (") and len(done.stderr.splitlines()) == 1
    assert "mlflow-restore FILE --replace" in done.stderr


def test_refuses_the_database_of_a_newer_version(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('fedcba987654')")
    done = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow")
    assert done.returncode == 4
    assert "probably a newer one (schema fedcba987654); use that version's image" in done.stderr and len(done.stderr.splitlines()) == 1


OLDER = """
import sqlalchemy, sys
from alembic import command
from mlflow.store.db.utils import InitialBase, _get_alembic_config
engine = sqlalchemy.create_engine(sys.argv[1])
InitialBase.metadata.create_all(engine)
config = _get_alembic_config(sys.argv[1])
with engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
    command.downgrade(config, "-1")
"""


def test_brings_an_older_database_up_to_date_and_keeps_it_as_it_was(launch, tmp_path):
    made = run("/opt/venv/bin/python3", "-c", OLDER, f"sqlite:///{tmp_path}/mlflow.db", data=tmp_path)
    assert made.returncode == 0, made.stderr
    older = revision(tmp_path / "mlflow.db")
    run_id = launch(tmp_path).train(MODEL)
    assert revision(tmp_path / "mlflow.db") != older
    assert revision(tmp_path / "mlflow.db.before-upgrade") == older
    assert run_id


def revision(database):
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
