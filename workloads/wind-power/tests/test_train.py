"""What training leaves in the registry."""

import re

import mlflow
import pytest
from conftest import once, sqlite_at


@pytest.fixture
def client(mlflow_server):
    mlflow.set_tracking_uri(mlflow_server.url)
    return mlflow.MlflowClient(mlflow_server.url)


@pytest.fixture(scope="module")
def trained(mlflow_server, tmp_path_factory):
    """A database whose history was trained on, and what training said."""
    place = sqlite_at(tmp_path_factory.mktemp("trained"))
    once("history", place)
    return place, once("train", place, server=mlflow_server, MODEL_NAME="whole", MODEL_ALIAS="best")


def test_registers_a_version_that_was_measured_on_newer_rows_and_sets_the_alias(trained, client):
    sqlite, said = trained
    found = re.fullmatch(r"registered whole version 1 \(mae (\d+\.\d) rmse (\d+\.\d), sha256 [0-9a-f]{12}\), alias best -> 1, run ([0-9a-f]{32})\n", said)
    assert found, said
    assert sqlite.ask("SELECT detail FROM steps WHERE step = 'train'") == [("version 1",)]
    run = client.get_run(found[3])
    assert run.info.status == "FINISHED"
    assert {name: run.data.params[name] for name in ("train_rows", "holdout_rows", "seed", "data_version")} == {
        "train_rows": "480",
        "holdout_rows": "120",
        "seed": "7",
        "data_version": "1",
    }
    assert 0 < run.data.metrics["mae"] < run.data.metrics["rmse"] < 300
    version = client.get_model_version_by_alias("whole", "best")
    assert re.fullmatch("[0-9a-f]{64}", version.tags["mlstack.sha256"])
    files = mlflow.artifacts.list_artifacts("models:/whole/1")
    assert {"MLmodel", "model.lgb", "golden.json", "reference.json"} <= {file.path.split("/")[-1] for file in files}


def test_the_same_rows_give_no_further_version_but_the_alias_again(trained, mlflow_server, client):
    place, _ = trained
    again = {"server": mlflow_server, "MODEL_NAME": "whole"}
    once("train", place, ROUNDS="31", **again)
    assert once("train", place, **again) == "whole version 1 is of the same rows and parameters, alias champion -> 1\n"
    assert client.get_model_version_by_alias("whole", "champion").version == "1"
    assert len(client.search_model_versions("name = 'whole'")) == 2
    once("history", place, SEED="9")
    assert "registered whole version 3 " in once("train", place, **again)


def test_what_it_needs_and_lacks_is_named(sqlite, mlflow_server):
    without = {"DATABASE_WAIT": "0", "REGISTRY_WAIT": "0", "code": 3}
    file = sqlite.url.removeprefix("sqlite:///")
    assert once("train", sqlite, server=mlflow_server, **without) == f"{file} has no history; run `history` first\n"
    once("history", sqlite)
    said = once("train", sqlite, MLFLOW_TRACKING_URI="http://127.0.0.1:1", **without | {"code": 5})
    assert said == "http://127.0.0.1:1 cannot be reached: ConnectionError; correct MLFLOW_TRACKING_URI, or start the tracking server\n"
    assert once("train", sqlite, code=2) == "MLFLOW_TRACKING_URI: is required\n"
