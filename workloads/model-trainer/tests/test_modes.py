"""Evaluation, tuning, and what goes wrong in any mode."""

import subprocess

import pytest
from mlflow_server import Mlflow
from mlstack_testing import free_port


@pytest.fixture(scope="module")
def fraud(server):
    return "judged"


@pytest.fixture
def trained(run, client, fraud):
    if not client.search_registered_models(f"name = '{fraud}'"):
        run("model-train", MODEL_NAME=fraud)
    return fraud


def aliases(client, name):
    return set(client.get_registered_model(name).aliases)


def test_evaluates_on_rows_of_its_own_and_promotes(run, client, trained):
    done = run("model-evaluate", MODEL_NAME=trained, MIN_AUC="0.7", PROMOTE_TO="production", EXPERIMENT="evaluated")
    assert done.stdout.startswith(f"evaluated {trained} version 1 (staging): auc 0.") and done.stdout.endswith(", alias production -> 1\n")
    assert str(client.get_model_version_by_alias(trained, "production").version) == "1"
    runs = client.search_runs([client.get_experiment_by_name("evaluated").experiment_id])
    assert len(runs) == 1 and runs[0].data.metrics["auc"] > 0.7 and runs[0].data.params["version"] == "1"


def test_sets_no_alias_for_a_version_that_is_not_good(run, client, trained):
    done = run("model-evaluate", code=4, MODEL_NAME=trained, MIN_AUC="0.9999", PROMOTE_TO="best")
    assert "is below MIN_AUC 0.9999 on 1000 fresh rows; no alias was set" in done.stderr and done.stdout == ""
    assert "best" not in aliases(client, trained)


def test_does_not_judge_a_version_that_is_not_what_was_registered(run, client, server):
    run("model-train", MODEL_NAME="damaged")
    logged = client.get_model_version("damaged", "1").source.removeprefix("models:/")
    for name in ("reference.json", "model.onnx"):
        [file] = [path for path in (server.folder / "artifacts").rglob(name) if logged in path.parts]
        content = file.read_bytes()
        file.write_bytes(content + b"\0")
        done = run("model-evaluate", code=4, MODEL_NAME="damaged", MIN_AUC="0", PROMOTE_TO="production")
        assert f"damaged version 1: {name} is not the file that was registered" in done.stderr
        file.write_bytes(content)
    assert "production" not in aliases(client, "damaged")


@pytest.mark.parametrize("name", ["nobody", "judged"])
def test_needs_a_version_with_the_alias(run, trained, name):
    done = run("model-evaluate", code=4, MODEL_NAME=name, MODEL_ALIAS="nowhere")
    assert done.stderr == f"{name}@nowhere: no version has this alias; train one first, or set the alias\n"


def test_tunes_by_runs_below_one_and_prints_the_best(run, client):
    done = run("model-tune", TRIALS="3", EXPERIMENT="tuned", ROWS="1000")
    assert done.stdout.startswith("best of 3 trials: auc 0.") and "ROUNDS=" in done.stdout and "LEARNING_RATE=" in done.stdout
    runs = client.search_runs([client.get_experiment_by_name("tuned").experiment_id])
    children = [one for one in runs if "mlflow.parentRunId" in one.data.tags]
    [parent] = [one for one in runs if one not in children]
    assert len(children) == 3 and {one.data.tags["mlflow.parentRunId"] for one in children} == {parent.info.run_id}
    assert parent.data.metrics["best_auc"] == max(one.data.metrics["auc"] for one in children)


def test_waits_for_a_registry_that_is_still_starting(run, tmp_path):
    late = Mlflow(tmp_path)
    try:
        late.begin()
        assert "version 1" in run("model-train", MLFLOW_TRACKING_URI=late.url, REGISTRY_WAIT="600").stdout
    finally:
        late.kill()


@pytest.mark.parametrize("command", ["model-train", "model-evaluate", "model-tune"])
def test_says_that_there_is_no_registry(run, command):
    url = f"http://127.0.0.1:{free_port()}"
    done = run(command, code=5, MLFLOW_TRACKING_URI=url, REGISTRY_WAIT="0")
    assert done.stderr.startswith(f"{url} cannot be reached: ") and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["model-train", "model-evaluate", "model-tune"])
def test_refuses_wrong_variables_all_at_once(run, command):
    wrong = {"ROWS": "many", "ROUNDS": "0", "MIN_AUC": "2", "MODEL_ALIAS": "Latest", "MLFLOW_TRACKING_URI": "http://eve:hunter2@mlflow:5000"}
    done = run(command, code=2, **wrong, MLFLOW_TRACKING_PASSWORD="swordfish")
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {*wrong, "MLFLOW_TRACKING_PASSWORD"}
    assert "hunter2" not in done.stderr and "swordfish" not in done.stderr


def test_has_a_shell_with_the_same_environment():
    done = subprocess.run(
        ["bash", "-c", "python3 -c 'import model_trainer, lightgbm, mlflow; print(1)'"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "1\n"
