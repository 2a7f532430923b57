"""What one classifier with one worker is asked, one test after the other."""

import os
import signal
import socket
from pathlib import Path

from conftest import photo, predicts
from mlstack_testing import PATIENCE, until


def test_only_the_api_is_reachable_from_outside(alone):
    client = alone
    inodes = {
        Path(link).readlink().name
        for pid in [client.process.pid, *client.pids("")]
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if Path(link).is_symlink()
    }
    outside = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = row.split()[:10]
            address, port = local.split(":")
            loopback = address == "0100007F" or address.endswith("0100007F") or address == "0" * 24 + "01000000"
            if state == "0A" and f"socket:[{inode}]" in inodes and not loopback:
                outside.append(int(port, 16))
    assert outside == [client.base_url.port]


def test_a_slow_upload_is_ended(alone):
    with socket.create_connection(("127.0.0.1", alone.base_url.port), timeout=PATIENCE) as request:
        request.sendall(
            b"POST /predict_clip HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 500\r\n\r\n--x\r\n"
        )
        assert request.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_model_whose_actor_is_killed_comes_back_and_the_other_goes_on(alone):
    client = alone
    before = client.get("/health").json()["models"]
    os.kill(before["clip"]["pid"], signal.SIGKILL)
    statuses = []

    def clip():
        statuses.append(client.upload("/predict_clip", photo(True)).status_code)
        return statuses[-1]

    until(lambda: clip() == 200 and len(statuses) > 1)
    assert set(statuses) <= {200, 503}
    assert client.upload("/predict_lgbm", photo(True)).status_code == 200
    until(lambda: client.get("/health").json()["models"]["clip"]["pid"] != before["clip"]["pid"])
    assert client.get("/health").json()["models"]["lgbm"] == before["lgbm"]
    until(client.ready)


def test_log_and_audit_lie_in_their_folders(alone):
    records = alone.folder / "data" / "predictions.jsonl"
    before = records.read_text().count("\n") if records.exists() else 0
    assert predicts(alone) == 200
    assert "clip: answers" in (alone.folder / "logs" / "classifier.log").read_text()
    assert records.read_text().count("\n") == before + 1


def test_a_worker_that_is_killed_is_started_again(alone):
    client = alone
    first = client.pids("image_classifier.worker")
    actors = sorted(client.pids("ray::ModelActor"))
    os.kill(first[0], signal.SIGKILL)
    until(lambda: len(set(client.pids("image_classifier.worker")) - set(first)) == 1)
    assert until(lambda: client.ready() and predicts(client)) == 200
    assert sorted(client.pids("ray::ModelActor")) == actors  # the models outlive the worker that created them


def test_a_prediction_that_cannot_be_recorded_is_not_given(alone):
    client = alone
    # Neither a new file can be made nor the one of other tests be written.
    records = client.folder / "data" / "predictions.jsonl"
    records.touch()
    for folder, file, status in ((0o500, 0o400, 503), (0o700, 0o640, 200)):
        records.parent.chmod(folder)
        records.chmod(file)
        assert predicts(client) == status
