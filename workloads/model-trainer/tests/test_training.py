"""What training leaves in the registry."""

import hashlib
import json
import re
from pathlib import Path

import mlflow
import numpy as np
import onnxruntime
import pytest
from conftest import command


def files(name, version, folder):
    return Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=str(folder)))


@pytest.fixture(scope="module")
def whole(server):
    """What one training printed, which several tests look at."""
    return command(server, "model-train", as_program=True, MODEL_NAME="whole", EXPERIMENT="logged")


def test_registers_a_whole_version_and_sets_the_alias(whole, client, tmp_path):
    done = whole
    said = re.fullmatch(r"registered whole version 1 \(auc (0\.\d\d), sha256 [0-9a-f]{12}\), alias staging -> 1, run [0-9a-f]{32}\n", done.stdout)
    assert said and float(said[1]) > 0.75
    version = client.get_model_version_by_alias("whole", "staging")
    folder = files("whole", version.version, tmp_path)
    assert {"MLmodel", "model.onnx", "golden.json", "reference.json", "checksums.json"} <= {path.name for path in folder.iterdir()}
    checksums = (folder / "checksums.json").read_bytes()
    assert version.tags["mlstack.sha256"] == hashlib.sha256(checksums).hexdigest()
    expected = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "golden.json", "reference.json")}
    assert json.loads(checksums) == expected


def test_a_name_may_have_spaces_and_other_letters(run, client):
    name = "Größe d'Été 模型 (2)"
    for version in ("1", "2"):
        assert f"registered {name} version {version} " in run("model-train", MODEL_NAME=name, ROUNDS="5", PROMOTE_TO="best").stdout
    run("model-evaluate", MODEL_NAME=name, MIN_AUC="0.5", PROMOTE_TO="best")
    assert client.get_model_version_by_alias(name, "best").version == "2"


def test_the_golden_request_is_answered_by_the_file_and_tells_rows_apart(whole, client, tmp_path):
    folder = files("whole", 1, tmp_path)
    golden = json.loads((folder / "golden.json").read_text())
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    answers = session.run(["predictions"], {session.get_inputs()[0].name: np.array(golden["request"]["rows"], np.float32)})[0]
    assert answers.shape == (8,)
    assert answers == pytest.approx(golden["response"]["predictions"], abs=golden["tolerance"])
    assert answers.max() - answers.min() > 0.3
    # MLflow's own way to load it gives the same.
    loaded = mlflow.pyfunc.load_model("models:/whole/1").predict(np.array(golden["request"]["rows"], np.float32))
    assert next(iter(loaded.values())) == pytest.approx(golden["response"]["predictions"], abs=golden["tolerance"])


def test_says_what_its_features_were_like(whole, client, tmp_path):
    reference = json.loads((files("whole", 1, tmp_path) / "reference.json").read_text())
    golden = json.loads((files("whole", 1, tmp_path) / "golden.json").read_text())
    assert (reference["version"], reference["rows"], reference["together"]) == (1, 3000, 1)
    # All but the hour, which is never that of a whole day.
    assert [feature["name"] for feature in reference["features"]] == [name for name in golden["request"]["columns"] if name != "hour"]
    for feature in reference["features"]:
        assert sum(feature["shares"]) == pytest.approx(1) and feature["shares"][0] == 0
    assert {name: len(feature["edges"]) for feature in reference["features"] if (name := feature["name"]) in ("amount", "new_device")} == {"amount": 9, "new_device": 3}


def test_logs_the_run(whole, client):
    logged = client.get_run(whole.stdout.split()[-1])
    assert logged.info.status == "FINISHED"
    assert {name: logged.data.params[name] for name in ("rows", "rounds", "seed")} == {"rows": "3000", "rounds": "40", "seed": "7"}
    assert set(logged.data.metrics) == {"auc", "average_precision", "log_loss"}
    assert {file.path for file in client.list_artifacts(logged.info.run_id)} >= {"roc.png", "importance.png"}


def test_the_same_seed_gives_the_same_bytes_and_each_training_a_version_of_its_own(run, client):
    # Two seeds of Python's hashes for which a set of the converter has its elements in different orders.
    run("model-train", as_program=True, MODEL_NAME="same", PYTHONHASHSEED="0")
    run("model-train", as_program=True, MODEL_NAME="same", PYTHONHASHSEED="20")
    run("model-train", MODEL_NAME="same", SEED="8")
    sums = {version.version: version.tags["mlstack.sha256"] for version in client.search_model_versions("name = 'same'")}
    assert len(sums) == 3
    first, second, third = (sums[number] for number in sorted(sums, key=int))
    assert first == second != third
    assert str(client.get_model_version_by_alias("same", "staging").version) == "3"


@pytest.mark.parametrize(("seed", "leaves"), [("1", "4"), ("2", "63"), ("3", "15")])
def test_the_exported_file_says_what_the_trained_model_says(run, client, seed, leaves):
    # The command itself refuses a file that differs; values that equal a threshold are where it would.
    run("model-train", MODEL_NAME="exact", SEED=seed, LEAVES=leaves, ROWS="2000", ROUNDS="200", HOLDOUT_ROWS="5000")


@pytest.mark.parametrize("number", [0.37, -0.37, 0.36999999999999994, 1e-35, 100.3, 0.0, 5.5])
def test_rounds_thresholds_down(number):
    from model_trainer.export import round_down

    down = round_down(number)
    above = float(np.nextafter(np.float32(down), np.float32(np.inf)))
    assert float(np.float32(down)) == down <= number < above


def test_refuses_an_exported_file_that_differs(monkeypatch):
    from mlstack_common.ending import Failure
    from model_trainer import export
    from model_trainer.data import generate
    from model_trainer.fit import fit
    from model_trainer.settings import Settings

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    data = generate(2000, 1)
    one, other = (fit(Settings(rounds=rounds, rows=2000), data) for rounds in (20, 21))
    with pytest.raises(Failure, match="the exported model differs from the trained one by 0"):
        export.prove(one, export.to_onnx(other).SerializeToString(), data)
