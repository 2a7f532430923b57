import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from conftest import picture
from image_api.cache import TIDY, Cache
from mlstack_testing import PATIENCE, until


def test_log_survives_a_restart(serve):
    first = serve()
    assert first.predict().status_code == 200
    assert first.end(signal.SIGTERM) == 0
    before = first.log.read_text()
    assert "POST /api/v1/predict 200" in before and "Shutting down" in before and "uvicorn.access" not in before
    second = serve()
    second.predict()
    # The line is written behind the answer.
    until(lambda: second.log.read_text().count("POST /api/v1/predict 200") == 2)
    assert second.log.read_text().startswith(before)


def test_cache_keeps_the_newest(tmp_path):
    cache = Cache(tmp_path, 3)
    for number in range(TIDY + 1):
        cache.put(f"{number:04}", number)
        os.utime(tmp_path / "answers" / f"{number:04}"[:2] / f"{number:04}.json", (number, number)) if number < TIDY else None
    assert [cache.get(f"{number:04}") for number in (0, TIDY - 3, TIDY - 2, TIDY)] == [None, None, TIDY - 2, TIDY]


def test_cache_that_cannot_be_written_costs_no_answer(serve, folders, tmp_path):
    api = serve()
    Path(folders["API_CACHE_DIR"], "answers").write_text("a file where a folder should be")
    assert [api.predict(picture(seed)).status_code for seed in range(2)] == [200, 200]


def test_replaces_a_lost_worker_without_asking_it_too_early(serve):
    api = serve(API_WORKERS="2", LOAD_SECONDS="2")
    lost, stays = api.workers()
    loads = api.log.read_text().count("loaded model=")
    os.kill(lost, signal.SIGKILL)
    until(lambda: lost not in api.workers())
    seen = []
    until(lambda: seen.append((api.status("/health"), api.predict().status_code)) or api.log.read_text().count("loaded model=") > loads)
    assert set(seen) == {(200, 200)}
    assert stays in api.workers() and len(api.workers()) == 2
    assert [api.predict().status_code for _ in range(20)] == [200] * 20


def test_says_that_it_leaves_and_answers_until_the_gateway_knows(serve):
    api = serve(API_WORKERS="2")
    api.process.send_signal(signal.SIGTERM)
    # One worker hears of it before the other, and either may answer.
    until(lambda: (answer := api.get("/ready")).status_code == 404 and answer.json()["detail"] == "asked to stop")
    assert api.predict().status_code == 200
    assert api.process.wait(timeout=PATIENCE) == 0


def test_finishes_running_requests_when_asked_to_stop(serve):
    api = serve()
    body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + picture() + b"\r\n--b--\r\n"
    head = "POST /api/v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.port), timeout=PATIENCE) as request:
        request.sendall(head.encode())
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        api.process.send_signal(signal.SIGTERM)
        until(lambda: api.get("/ready").status_code == 404)
        request.sendall(body)
        assert request.recv(4000).startswith(b"HTTP/1.1 200")
    assert api.process.wait(timeout=PATIENCE) == 0


def test_stops_while_it_loads(launch):
    api = launch(LOAD_SECONDS="600")
    until(lambda: api.status("/health") == 503)
    assert api.end(signal.SIGTERM) == 0


def test_many_ask_at_the_same_time(serve):
    api = serve(API_WORKERS="2")
    codes = []
    threads = [threading.Thread(target=lambda seed=seed: codes.append(api.predict(picture(seed)).status_code)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 20


@pytest.mark.parametrize("command", ["image-api", "image-api-dev"])
def test_refuses_wrong_variables_all_at_once(refused, command):
    wrong = {
        "API_MODEL_NAME": "resnet50",
        "API_NUM_CLASSES": "1",
        "API_IMAGE_SIZE": "big",
        "API_DEVICE": "tpu",
        "API_PORT": "0",
        "API_CORS_ORIGINS": "cats.example.com",
        "API_WORKERS": "0",
        "API_LOG_DIR": "/nowhere",
        "API_CACHE_DIR": "/proc",
        "LOG_LEVEL": "LOUD",
        "LOAD_SECONDS": "-1",
    }
    code, said = refused(command, **wrong)
    assert code == 2
    found = {line.split(": ")[0]: line for line in said.splitlines()}
    assert set(found) - {"API_SOURCE_DIR"} == set(wrong)
    assert found["API_PORT"].endswith("got '0'")
    assert found["API_MODEL_NAME"] == "API_MODEL_NAME: must be one of catnet-small, catnet-base, got 'resnet50'"
    assert "mount a volume there" in found["API_LOG_DIR"]


@pytest.mark.parametrize(("name", "remedy"), [("cuda", "use auto or cpu"), ("mps", "is there on a Mac only")])
def test_refuses_a_device_that_is_not_there(refused, name, remedy):
    code, said = refused(API_DEVICE=name, API_WORKERS="0")
    assert code == 2
    assert f"API_DEVICE: {name}: " in said and remedy in said and "API_WORKERS: " in said


def test_takes_the_best_device_that_is_there(serve):
    assert serve(API_DEVICE="auto").get("/health").json()["device"] == "cpu"
