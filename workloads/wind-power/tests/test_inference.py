"""Predictions: one for each row, whatever is killed, locked, full or away."""

import os
import shutil
import tempfile
from pathlib import Path

import mlflow
import pytest
from conftest import STEP, held, once, points, sqlite_at
from metrics_contract import step_conforms
from mlstack_testing import kill, run, until
from way import Way

LEFT = "SELECT count(*) FROM measurements m LEFT JOIN predictions p ON p.time = m.time WHERE p.time IS NULL"
STRANGE = "SELECT count(*) FROM predictions p LEFT JOIN measurements m ON p.time = m.time WHERE m.time IS NULL"


@pytest.fixture(scope="module")
def trained(mlflow_server, tmp_path_factory):
    """A server with a model, the database of its history, and the model's file."""
    place = sqlite_at(tmp_path_factory.mktemp("trained"))
    once("history", place)
    once("train", place, server=mlflow_server, MODEL_NAME="served")
    mlflow.set_tracking_uri(mlflow_server.url)
    folder = Path(mlflow.artifacts.download_artifacts("models:/served/1", dst_path=str(tmp_path_factory.mktemp("model"))))
    return mlflow_server, place, folder / "model.lgb"


def all_predicted(place):
    """Each row has one prediction, and there is none without a row."""
    return place.has("predictions") and place.ask(LEFT) == place.ask(STRANGE) == [(0,)]


def test_everything_may_come_later_and_nothing_is_started_again(postgresql, mlflow_server, begin):
    place = postgresql.place()
    step = begin("inference", place, mlflow_server, as_program=True, MODEL_NAME="later")
    until(lambda: step.said("there are no measurements; `history` or `stream` writes them"))
    assert step.get("/healthz")[0] == 200, "it waits for its input"
    assert step.metric('mlstack_step_last_success_timestamp_seconds{step="inference"}') is None
    once("history", place, as_program=True)
    until(lambda: step.said("later@champion: no version has this alias; `train` sets it"))
    assert step.metric('mlstack_step_lag_rows{step="inference"}') == 600
    once("train", place, server=mlflow_server, as_program=True, MODEL_NAME="later")
    until(lambda: all_predicted(place))
    until(lambda: step.metric('mlstack_step_lag_rows{step="inference"}') == 0)
    info = [line for line in step.get("/metrics")[1].splitlines() if line.startswith("mlstack_model_info")]
    assert len(info) == 1 and 'alias="champion",component="inference",name="later"' in info[0] and 'version="1"' in info[0]
    step_conforms(step.get("/metrics")[1], "inference", "model", "golden", "reference")
    assert step.metric('mlstack_feature_shift_rows{component="inference",name="later"}') == 600
    assert step.metric('mlstack_golden_request_ok{component="inference",name="later"}') == 1
    mae = place.ask("SELECT avg(abs(p.power - m.power)) FROM predictions p JOIN measurements m ON p.time = m.time")[0][0]
    assert mae < 100, "what is in the table is what the model says"


def test_killed_at_any_point_it_predicts_every_row_once(place, trained, killer):
    _, _, file = trained
    once("history", place)
    given = {"TEST_MODEL": str(file), "MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "POLL_INTERVAL": "0.1"}
    partly, killed = 0, killer("inference", place, **given)
    for point in points(place):
        assert killed(point)
        if place.has("predictions") and place.count("predictions"):
            break
        partly += place.has("predictions")
    assert point > 8 and partly > 1, "between the reading and the end of the transaction"
    assert place.count("predictions") == 600 and all_predicted(place)


def test_it_follows_the_alias_and_goes_on_while_the_registry_is_away(trained, sqlite, begin):
    server, _, _ = trained
    way = Way(server.port)
    way.open()
    step = begin("inference", sqlite, way, MODEL_NAME="served")
    begin("stream", sqlite)
    until(lambda: sqlite.has("predictions") and sqlite.count("predictions") > 3)
    once("history", sqlite)
    once("train", sqlite, server=server, MODEL_NAME="served", ROUNDS="5")
    until(lambda: sqlite.ask("SELECT count(*) FROM predictions WHERE model_version = '2'")[0][0] > 3)
    way.close()
    until(lambda: step.said("; goes on with version 2"))
    before = sqlite.count("predictions")
    until(lambda: sqlite.count("predictions") > before + 5)
    assert "urllib3" not in step.log.read_text(), "one line, not one for each attempt"
    way.open()
    client = mlflow.MlflowClient(server.url)
    client.set_registered_model_alias("served", "champion", "1")
    # Once at its start, and once more now: until then it still has version 2, and would have nothing to load again.
    until(lambda: step.log.read_text().count("version 1 is loaded") == 2)
    client.set_model_version_tag("served", "2", "mlstack.sha256", "0" * 64)
    client.set_registered_model_alias("served", "champion", "2")
    until(lambda: step.said("model.lgb is not the file that was registered (tag mlstack.sha256); train again; goes on with version 1"))
    assert step.process.poll() is None


@pytest.fixture
def both(trained, sqlite, begin):
    """A stream, and predictions by a model from a file."""

    def call(place, **env):
        given = {"TEST_MODEL": str(trained[2]), "MLFLOW_TRACKING_URI": "http://127.0.0.1:1", **env}
        steps = begin("inference", place, file=("/tests/killed.py", "inference", "never"), **given), begin("stream", place, **env)
        until(lambda: place.has("predictions") and place.count("predictions") > 3)
        return steps

    return call


def come_back(steps, place):
    """New rows are predicted again."""
    before = place.count("predictions")
    until(lambda: place.count("predictions") > before + 5)
    for step in steps:
        kill(step.process)
    times = [time for (time,) in place.ask("SELECT time FROM measurements ORDER BY time")]
    assert times == list(range(times[0], times[0] + 600 * len(times), 600))
    assert place.ask(STRANGE) == [(0,)]


def test_a_locked_database_is_waited_for(both, sqlite):
    steps = both(sqlite)
    with held(sqlite):
        until(lambda: all(step.said("waits: ") and step.said("database is locked") for step in steps))
        assert [step.get("/healthz")[0] for step in steps] == [200, 200]
        assert all(step.metric(f'mlstack_step_failures_total{{step="{name}"}}') > 0 for step, name in zip(steps, ("inference", "stream")))
    until(lambda: all(step.said("goes on") for step in steps))
    come_back(steps, sqlite)


def test_a_full_disk_is_waited_for(both):
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        place = sqlite_at(folder)
        steps = both(place, STEP_HEARTBEAT=folder / "alive")
        fill(folder / "ballast")
        until(lambda: all(step.said("waits: ") and step.said("disk is full") for step in steps))
        (folder / "ballast").unlink()
        come_back(steps, place)
    finally:
        shutil.rmtree(folder)


def fill(file):
    """Writes until nothing more fits: into the small memory that the container has for it, never into a machine's."""
    disk = os.statvfs(file.parent)
    assert disk.f_blocks * disk.f_frsize <= 512 << 20, "start the container with --shm-size 256m"
    with open(file, "wb", buffering=0) as target:
        size = 1 << 20
        while size:
            try:
                while target.write(b"0" * size) == size:
                    pass
            except OSError:
                pass
            size //= 2


def test_a_database_that_restarts_is_waited_for(both, postgresql):
    place = postgresql.place()
    steps = both(place)
    kill(postgresql.process)
    until(lambda: all(step.said("waits: 127.0.0.1:") for step in steps))
    postgresql.start()
    come_back(steps, place)


def test_what_was_replaced_since_it_was_read_gets_no_prediction(trained, sqlite, begin):
    """The history is replaced between reading and writing: what was computed for the rows of before must not stand beside the new ones."""
    once("history", sqlite)
    given = {"TEST_MODEL": str(trained[2]), "MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "TEST_REPLACE": "1"}
    step = begin("inference", sqlite, file=("/tests/replaced.py", "inference"), **given)
    until(lambda: all_predicted(sqlite))
    mae = sqlite.ask("SELECT avg(abs(p.power - m.power)) FROM predictions p JOIN measurements m ON p.time = m.time")[0][0]
    assert mae < 200 and step.process.poll() is None


def test_its_port_is_its_own(trained, sqlite, begin):
    first = begin("stream", sqlite)
    until(lambda: first.get("/healthz")[0] == 200)
    second = run(*STEP, "stream", DATABASE_URL=sqlite.url, STEP_PORT=str(first.port))
    assert (second.returncode, second.stderr) == (3, f"STEP_PORT {first.port} cannot be used: Address already in use; choose another\n")
