from pathlib import Path

import pytest
from conftest import API

FIRST = "correct horse battery"
SECOND = "staple correct horse"
ENV = {"ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": FIRST}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("users")


@pytest.fixture(scope="module")
def server(launch, data):
    """A server whose client is the administrator; its users are those of the last test too."""
    return launch(data, auth=("admin", FIRST), **ENV)


def status(server, *auth):
    return server.client.get(f"{API}/experiments/get", params={"experiment_id": "0"}, auth=auth or None).status_code


def commands(pid: int) -> str:
    """Arguments of a process and of its children: what every user of the host can read."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return " ".join(Path(f"/proc/{one}/cmdline").read_text() for one in [pid, *children])


def test_asks_for_a_password_but_not_for_its_health(server, data):
    assert status(server) == 401
    assert status(server, "admin", "wrong") == 401
    assert status(server, "admin", FIRST) == 200
    assert server.client.get("/health", auth=None).status_code == 200
    assert "basic-auth" in commands(server.process.pid) and FIRST not in commands(server.process.pid)
    assert not [path for path in data.rglob("*") if path.is_file() and FIRST.encode() in path.read_bytes()]


def test_with_authentication_a_training_job_works(server):
    run_id = server.train(b"model")
    assert server.download(f"0/{run_id}/artifacts/model/model.onnx") == b"model"


def test_takes_a_new_password_and_forgets_the_old_one(launch, server, data):
    assert status(server, "admin", FIRST) == 200
    again = launch(data, **{**ENV, "ADMIN_PASSWORD": SECOND})
    assert status(again, "admin", FIRST) == 401
    assert status(again, "admin", SECOND) == 200
