import subprocess
from pathlib import Path

import pytest
from conftest import run
from mlstack_testing import until

PASSWORD = "hunter2 %/@"
URL = "postgresql://mlflow:hunter2%20%25%2F%40@127.0.0.1:5433/postgres"
PROGRAMS = next(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A real PostgreSQL; gives a function that runs a statement in it."""
    folder = tmp_path_factory.mktemp("postgresql")
    (folder / "password").write_text(PASSWORD)
    make = [PROGRAMS / "initdb", "-D", folder / "data", "-U", "mlflow", "-A", "scram-sha-256", "--pwfile", folder / "password", "--locale", "C"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([PROGRAMS / "postgres", "-D", folder / "data", "-p", "5433", "-k", folder], stderr=subprocess.DEVNULL)

    def execute(statement):
        return subprocess.run([PROGRAMS / "psql", URL, "-tAc", statement], capture_output=True, text=True, check=False)

    until(lambda: execute("SELECT 1").returncode == 0)
    yield execute
    server.terminate()
    server.wait()


def test_keeps_runs_and_models_in_postgresql(launch, database, tmp_path):
    server = launch(tmp_path, BACKEND="postgresql", DATABASE_URL=URL)
    run_id = server.train(b"model")
    assert server.metrics() == {run_id: 0.75} and server.model()["run_id"] == run_id
    assert server.download(f"0/{run_id}/artifacts/model/model.onnx") == b"model"
    assert database("SELECT run_uuid FROM runs").stdout.strip() == run_id
    assert not (tmp_path / "mlflow.db").exists()
    assert "hunter2" not in Path(f"/proc/{server.process.pid}/cmdline").read_text()
    server.stop()

    database("UPDATE alembic_version SET version_num = 'fedcba987654'")
    newer = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow", BACKEND="postgresql", DATABASE_URL=URL)
    assert newer.returncode == 4
    assert "the database of DATABASE_URL was written by another version of MLflow" in newer.stderr and "schema fedcba987654" in newer.stderr
    assert "hunter2" not in newer.stderr and len(newer.stderr.splitlines()) == 1


def test_says_what_is_wrong_with_an_address_and_never_the_password(tmp_path):
    wrong = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow", BACKEND="postgresql", DATABASE_URL="postgresql://u:hunter2%zz@h:x/d")
    assert (wrong.returncode, wrong.stderr) == (2, "DATABASE_URL: is no address of a database; write postgresql://user:password@host:5432/name\n")
