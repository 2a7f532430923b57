import concurrent.futures
import datetime
import hashlib
import json

import pytest
from conftest import WORKERS, photo
from metrics_contract import conforms
from mlstack_testing import until

PATHS = ["/predict_clip", "/predict_lgbm", "/predict_ensemble"]


def lines(classifier):
    return [json.loads(line) for line in (classifier.folder / "data" / "predictions.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cataract", [False, True])
def test_tells_a_clear_lens_from_a_clouded_one(classifier, path, cataract):
    answer = classifier.upload(path, photo(cataract))
    assert answer.status_code == 200
    body = answer.json()
    assert body["label"] == ("cataract" if cataract else "normal")
    assert (body["probability"] > 0.5) == cataract
    assert path == f"/predict_{body['model']}"


def test_the_ensemble_is_the_mean_of_what_each_model_says(classifier):
    data = photo(True, seed=5)
    alone = [classifier.upload(path, data).json()["probability"] for path in PATHS[:2]]
    together = classifier.upload(PATHS[2], data).json()
    assert [together["models"][name]["probability"] for name in ("clip", "lgbm")] == pytest.approx(alone)
    assert together["probability"] == pytest.approx(sum(alone) / 2)


def test_health_has_the_promised_fields(classifier):
    health = classifier.get("/health").json()
    assert (health["status"], health["ray_initialized"], health["ray_workers_available"]) == ("ok", True, 2)
    assert datetime.datetime.fromisoformat(health["timestamp"]).utcoffset() == datetime.timedelta(0)
    about = classifier.get("/").json()
    assert (about["service"], about["labels"]) == ("image-classifier", ["normal", "cataract"])
    assert {f"POST {path}" for path in PATHS} <= set(about["endpoints"])
    assert classifier.get(about["docs"]).status_code == 200


def test_all_workers_share_one_actor_a_model_that_loaded_it_once(classifier):
    assert len(classifier.pids("image_classifier.worker")) == WORKERS
    assert len(classifier.pids("ray::ModelActor")) == 2
    seen = {}

    def others():  # each connection may meet another worker
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for answer in pool.map(lambda _: classifier.get("/health", headers={"Connection": "close"}).json(), range(16)):
                seen[json.dumps({name: (one["pid"], one["loads"]) for name, one in answer["models"].items()})] = True
            pool.map(lambda _: classifier.upload("/predict_clip", photo(True)), range(8))
        return len({line["worker"] for line in lines(classifier)}) == WORKERS

    until(others)
    assert len(seen) == 1
    assert all(loads == 1 for _, loads in json.loads(next(iter(seen))).values())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("upload", "status"),
    [
        ({"files": {"file": ("a", b"no image", "image/png")}}, 422),
        ({"files": {"file": ("a", b"", "image/png")}}, 422),
        ({"files": {"file": ("a", photo(True, size=(4100, 4000)), "image/png")}}, 413),
        ({"files": {"file": ("a", bytes(11 * 2**20), "image/png")}}, 413),
        ({"files": {"file": ("a", b"GIF89a", "image/gif")}}, 415),
        ({"files": {"other": ("a", photo(True), "image/png")}}, 422),
        ({"data": {"file": "text"}}, 422),
        ({}, 422),
        ({"content": iter([b"of unknown length"])}, 411),
    ],
)
def test_refuses_wrong_uploads(classifier, path, upload, status):
    before = len(lines(classifier)) if (classifier.folder / "data" / "predictions.jsonl").exists() else 0
    answer = classifier.post(path, **upload)
    assert answer.status_code == status
    body = answer.json()
    # The length of a request is no place in it.
    assert body["detail"] and [one["path"] for one in body["errors"]] == ([] if status == 411 or "bytes, got" in body["detail"] else ["file"])
    assert before == (len(lines(classifier)) if before else 0)


def test_refuses_a_wrong_method_and_an_unknown_path(classifier):
    assert classifier.get("/predict_clip").status_code == 405
    assert classifier.post("/predict_other").status_code == 404


def test_answers_50_uploads_at_the_same_time(classifier):
    data = photo(True, "JPEG", size=(400, 300))
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: classifier.upload("/predict_ensemble", data, "image/jpeg"), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["request_id"] for answer in answers}) == 50


def test_records_each_prediction_without_the_image(classifier):
    data = photo(False, seed=1234)
    answer = classifier.upload("/predict_ensemble", data).json()
    (line,) = [line for line in lines(classifier) if line["request_id"] == answer["request_id"]]
    assert line["sha256"] == hashlib.sha256(data).hexdigest() and line["bytes"] == len(data)
    assert {name: line[name] for name in ("model", "label", "probability", "models")} == {
        name: answer[name] for name in ("model", "label", "probability", "models")
    }


def test_counts_what_all_workers_did(classifier):
    def total(text, start):
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(start))

    def counted(route, code):
        return f'mlstack_requests_total{{code="{code}",component="image-classifier",route="{route}"}}'

    done = counted("/predict_clip", 200)
    before = total(classifier.get("/metrics").text, done)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: classifier.upload("/predict_clip", photo(True)), range(20)))
    classifier.upload("/predict_clip", bytes(11 * 2**20))
    classifier.get("/stranger")
    text = classifier.get("/metrics").text
    assert total(text, done) == before + 20
    conforms(text, "image-classifier", "model", "golden")
    assert total(text, counted("/predict_clip", 413)) > 0
    assert total(text, counted("other", 404)) > 0
    assert "stranger" not in text
    for model in ("clip", "lgbm"):
        assert f'mlstack_golden_request_ok{{component="image-classifier",name="{model}"}} 1.0' in text
    assert "classifier_uploads_bytes 0.0" in text
