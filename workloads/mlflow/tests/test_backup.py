import io
import os
import subprocess
import tarfile
import threading

import pytest
from conftest import run, variables

MODEL = os.urandom(200_000)
ADMIN = {"ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": "correct horse battery"}
AUTH = ("admin", "correct horse battery")


@pytest.fixture(scope="module")
def source(launch, tmp_path_factory):
    """A server with one run and one model, and a backup of it that was made during writes."""
    data = tmp_path_factory.mktemp("source")
    server = launch(data, auth=AUTH, **ADMIN)
    server.run_id = server.train(MODEL)
    server.backup = tmp_path_factory.mktemp("backup") / "mlflow.tar"
    stop = threading.Event()

    def write():
        while not stop.is_set():
            server.train(b"another")

    writer = threading.Thread(target=write)
    writer.start()
    done = run("mlflow-backup", str(server.backup), data=data)
    stop.set()
    writer.join()
    assert done.returncode == 0, done.stderr
    return server


def changed(source, target, change):
    """The backup with `change` made to each member: name and content to name and content, or None to leave it out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            made = change(member.name, old.extractfile(member).read() if member.isfile() else None)
            if made is None:
                continue
            member.name, content = made
            member.size = len(content or b"")
            new.addfile(member, io.BytesIO(content or b""))
    return target


# The first, since the servers of other tests take the place of this one.
def test_refuses_while_a_server_uses_the_folder(source):
    assert source.healthy()
    done = run("mlflow-restore", "--replace", str(source.backup), data=source.data)
    assert (done.returncode, done.stderr) == (2, f"DATA: a server or a restore is using {source.data}; stop it first\n")


def test_brings_the_same_runs_models_users_and_bytes_into_a_new_folder(source, launch, tmp_path):
    run_id, backup = source.run_id, source.backup
    done = run("mlflow-restore", str(backup), data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in tmp_path.iterdir() if not one.name.startswith(".")) == ["artifacts", "mlflow.db", "users.db"]
    restored = launch(tmp_path, auth=AUTH, **ADMIN)
    assert restored.metrics()[run_id] == 0.75
    assert restored.download(f"0/{run_id}/artifacts/model/model.onnx") == MODEL
    model = restored.model()
    assert restored.download(f"0/{model['run_id']}/artifacts/model/model.onnx") in (MODEL, b"another")


def test_goes_through_standard_output_and_input(source, tmp_path):
    made = subprocess.run(["mlflow-backup", "-"], env=variables(source.data), capture_output=True, check=True)
    subprocess.run(["mlflow-restore", "-"], env=variables(tmp_path), input=made.stdout, check=True)
    found = tmp_path / "artifacts/0" / source.run_id / "artifacts/model/model.onnx"
    assert found.read_bytes() == MODEL


def test_refuses_to_overwrite_a_backup(source):
    done = run("mlflow-backup", str(source.backup), data=source.data)
    assert (done.returncode, done.stderr) == (2, f"{source.backup} exists; give another name\n")


def test_refuses_a_folder_that_is_not_empty_unless_told_to_replace(source, tmp_path):
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts/mine").write_text("mine")
    refused = run("mlflow-restore", str(source.backup), data=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == f"DATA: {tmp_path} is not empty (artifacts); say --replace to remove that, or give another folder\n"
    assert (tmp_path / "artifacts/mine").read_text() == "mine"
    assert run("mlflow-restore", "--replace", str(source.backup), data=tmp_path).returncode == 0
    assert not (tmp_path / "artifacts/mine").exists() and (tmp_path / "mlflow.db").exists()
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".restore-")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda name, content: (name, content[:-1] + b"?" if name.endswith("model.onnx") else content),
            "files are missing or changed, first artifacts/",
        ),
        (lambda name, content: None if name == "mlflow.db" else (name, content), "files are missing or changed, first mlflow.db"),
        (lambda name, content: None if name == "manifest.json" else (name, content), "it has no manifest that this version reads"),
        (lambda name, content: ("../x", content) if name == "mlflow.db" else (name, content), "it holds '../x', which no backup does"),
    ],
    ids=["a changed file", "a missing file", "no manifest", "a file outside"],
)
def test_touches_nothing_when_the_backup_is_damaged(source, tmp_path, change, message):
    data = tmp_path / "data"
    data.mkdir()
    (data / "mlflow.db").write_text("mine")
    damaged = changed(source.backup, tmp_path / "damaged.tar", change)
    done = run("mlflow-restore", "--replace", str(damaged), data=data)
    assert done.returncode == 4
    assert message in done.stderr and len(done.stderr.splitlines()) == 1
    assert [(one.name, one.read_text()) for one in data.iterdir() if one.name != ".lock"] == [("mlflow.db", "mine")]
    assert not (tmp_path / "x").exists()


def test_refuses_what_is_cut_off_or_no_backup(source, tmp_path):
    whole = source.backup.read_bytes()
    for content in (whole[: len(whole) // 2], b"no tar"):
        (tmp_path / "cut.tar").write_bytes(content)
        done = run("mlflow-restore", str(tmp_path / "cut.tar"), data=tmp_path)
        assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done.stderr


def test_refuses_another_back_end(source, tmp_path):
    done = run("mlflow-restore", str(source.backup), data=tmp_path, BACKEND="file")
    assert done.returncode == 2
    assert "is a backup of the back end sqlite, got file; set BACKEND to sqlite" in done.stderr


def test_refuses_an_empty_folder_and_a_database_of_its_own(tmp_path):
    empty = run("mlflow-backup", str(tmp_path / "b.tar"), data=tmp_path)
    assert (empty.returncode, empty.stderr) == (2, f"DATA: there is nothing to back up in {tmp_path}\n")
    postgresql = {"BACKEND": "postgresql", "DATABASE_URL": "postgresql://u:hunter2@h/d"}
    other = run("mlflow-backup", str(tmp_path / "b.tar"), data=tmp_path, **postgresql)
    assert other.returncode == 2 and 'pg_dump "$DATABASE_URL"' in other.stderr and "hunter2" not in other.stderr
    assert run("mlflow-restore", str(tmp_path / "b.tar"), data=tmp_path, **postgresql).returncode == 2
    assert not (tmp_path / "b.tar").exists()


def test_brings_back_files_too(launch, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    run_id = launch(tmp_path / "old", BACKEND="file").train(MODEL)
    assert run("mlflow-backup", str(tmp_path / "b.tar"), data=tmp_path / "old", BACKEND="file").returncode == 0
    assert run("mlflow-restore", str(tmp_path / "b.tar"), data=tmp_path / "new", BACKEND="file").returncode == 0
    restored = launch(tmp_path / "new", BACKEND="file")
    assert restored.metrics() == {run_id: 0.75} and restored.model()["run_id"] == run_id
    assert restored.download(f"0/{run_id}/artifacts/model/model.onnx") == MODEL
