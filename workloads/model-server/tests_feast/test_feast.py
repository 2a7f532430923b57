"""Features by entity and time, with a real Redis, a real registry server and real files."""

import os
import re
import shutil
import signal
import socket
import subprocess
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from conftest import SERVER, expected, publish, reference, whole
from metrics_contract import conforms
from mlstack_testing import PATIENCE, free_port, kill, listens, start, until

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 1, day, 12, tzinfo=UTC) for day in (5, 6, 7))
PAYMENTS = [
    # account, time, amount, hour
    (1, MONDAY, 0.1, 0.2), (1, WEDNESDAY, 0.5, 0.6),
    (2, MONDAY, 0.3, 0.4),
    (3, TUESDAY, 0.7, 0.8), (3, WEDNESDAY + timedelta(microseconds=500), 0.9, 1.0),
    (4, MONDAY, 1.1, 1.2),
    (6, MONDAY, 0.1, None),
]  # fmt: skip
PLACES = [
    # account, time, distance
    (1, MONDAY, 0.3), (2, MONDAY, 0.5), (3, TUESDAY, 0.9), (4, WEDNESDAY, 1.3), (5, MONDAY, 1.5), (6, MONDAY, 1.0),
]  # fmt: skip
PYTHON = os.environ.get("MODEL_SERVER_PYTHON", "/opt/venv/bin/python")
PASSWORD = 'sec,re=t "1'


class Process:
    """A program that can be ended and started again on the same port."""

    def __init__(self, port, command, log):
        self.port, self.command, self.log, self.process = port, command, log, None

    def start(self):
        self.process = start(*self.command, log=self.log)
        until(lambda: self.process.poll() is not None or listens(self.port))
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return self

    def kill(self):
        kill(self.process)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The offline store's files."""
    folder = tmp_path_factory.mktemp("features")
    payments = pd.DataFrame(PAYMENTS, columns=["account_id", "event_timestamp", "amount", "hour"])
    places = pd.DataFrame(PLACES, columns=["account_id", "event_timestamp", "distance"]).assign(height=0.0)
    payments.astype({"hour": float}).to_parquet(folder / "payment.parquet")
    places.to_parquet(folder / "place.parquet")
    return folder


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--requirepass", "secret", "--dir", str(folder), "--save", "", "--appendonly", "yes"]
    redis = Process(port, command, folder / "log").start()
    yield redis
    redis.kill()


@pytest.fixture(scope="module")
def store(data, online, tmp_path_factory):
    port = free_port()
    script = os.path.join(os.path.dirname(__file__), "feature_registry.py")
    services = ["fraud=payment,place", "half=payment"]
    command = [PYTHON, script, str(data), str(port), str(online.port), *services]
    registry = Process(port, command, tmp_path_factory.mktemp("registry") / "log").start()
    yield registry
    registry.kill()


@pytest.fixture(scope="module")
def version(registry):
    return publish(registry.url, whole(reference_file=reference()))


@pytest.fixture
def variables(store, online, data):
    return {
        "FEAST_REGISTRY_URI": f"127.0.0.1:{store.port}", "FEAST_DATA": str(data), "HOME": "/tmp",
        "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(online.port), "REDIS_PASSWORD": "secret", "REGISTRY_WAIT": str(PATIENCE),
    }  # fmt: skip


@pytest.fixture
def api(serve, version, variables):
    return serve(version, **variables)


def ask(api, accounts, when=None):
    body = {"entities": {"account_id": accounts}} | ({"time_point": when.isoformat()} if when else {})
    return api.post("/predict/feast", json=body)


def answered(response, rows, **features):
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["predictions"] == pytest.approx(expected(rows), abs=1e-5)
    assert answer["features"] == features


def refused(response, *details):
    assert (response.status_code, said(response)) == (422, list(details))


def said(response):
    return [f"{one['path']}: {one['message']}" for one in response.json()["errors"]]


def unknown(position, account, when=None):
    return f"entities.account_id.{position}: account_id {account} has no features {f'at or before {when.isoformat()}' if when else 'at all'}"


def test_the_time_point_is_respected(api, version, online):
    # now, and in the future: the newest values, from Redis
    for when in (None, datetime.now(UTC) + timedelta(days=400)):
        answered(ask(api, [1, 2, 1], when), [[0.5, 0.6, 0.3], [0.3, 0.4, 0.5], [0.5, 0.6, 0.3]], online=3, history=0)
    # exactly at the time of the newest value, and just before it
    answered(ask(api, [1], WEDNESDAY), [[0.5, 0.6, 0.3]], online=1, history=0)
    answered(ask(api, [1], WEDNESDAY - timedelta(microseconds=1)), [[0.1, 0.2, 0.3]], online=0, history=1)
    # each row by itself, in the order of the question, each as often as it is asked for
    answered(ask(api, [1, 2, 3, 1], TUESDAY), [[0.1, 0.2, 0.3], [0.3, 0.4, 0.5], [0.7, 0.8, 0.9], [0.1, 0.2, 0.3]], online=1, history=3)
    # parts of a second count
    answered(ask(api, [3], WEDNESDAY + timedelta(microseconds=499)), [[0.7, 0.8, 0.9]], online=0, history=1)
    answered(ask(api, [3], WEDNESDAY + timedelta(microseconds=500)), [[0.9, 1.0, 0.9]], online=1, history=0)
    # another zone is the same time
    summer = WEDNESDAY.isoformat().replace("T12", "T14").replace("+00:00", "+02:00")
    answered(api.post("/predict/feast", json={"time_point": summer, "entities": {"account_id": [1]}}), [[0.5, 0.6, 0.3]], online=1, history=0)
    # one view alone is not enough: account 4 has a place on Wednesday only, account 5 never made a payment, account 6 lacks a value
    refused(ask(api, [4, 2, 5, 6], TUESDAY), *(unknown(place, account, TUESDAY) for place, account in ((0, 4), (2, 5), (3, 6))))
    answered(ask(api, [4], WEDNESDAY), [[1.1, 1.2, 1.3]], online=1, history=0)
    text = api.get("/metrics").text
    conforms(text, "model-server", "model", "golden", "reference", "features")
    assert 'mlstack_feature_shift_rows{component="model-server",name="fraud"} 16.0' in text
    for source, rows in (("online", 11), ("history", 5)):
        assert f'mlstack_feature_reads_total{{component="model-server",source="{source}"}} {rows}.0' in text
    assert "model_server_rows_total 16.0" in text
    missed, age = (float(re.search(rf"^{name}{{.*}} (.+)$", text, re.MULTILINE)[1]) for name in ("mlstack_feature_misses_total", "mlstack_feature_age_seconds"))
    # The oldest value of the last account is Monday's.
    assert missed == 3 and age == pytest.approx(datetime.now(UTC).timestamp() - MONDAY.timestamp(), abs=3600)


def test_answers_the_question_of_the_guides(api):
    # a list for the one join key, and a time without a zone, which is UTC
    guide = {"time_point": MONDAY.replace(tzinfo=None).isoformat(), "entities": [1, 2]}
    answered(api.post("/predict/feast", json=guide), [[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]], online=1, history=1)
    newest = ask(api, [1, 2]).json()
    assert api.post("/predict/feast", json={"entities": [1, 2]}).json() == newest


def test_unknown_entities_are_all_named_at_most_twenty(api):
    refused(ask(api, [2, 77, 1, 78]), unknown(1, 77), unknown(3, 78))
    early = MONDAY - timedelta(seconds=1)
    refused(ask(api, [1, 2], early), unknown(0, 1, early), unknown(1, 2, early))
    refused(ask(api, [1], datetime(1, 1, 1, tzinfo=UTC)), unknown(0, 1, datetime(1, 1, 1, tzinfo=UTC)))
    assert said(ask(api, list(range(100, 150)))) == [unknown(place, 100 + place) for place in range(20)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"entities": {}}', ["entities: missing account_id"]),
        ('{"entities": {"user": [1]}}', ["entities: missing account_id", "entities: not known user; the join keys are account_id"]),
        (
            '{"entities": {"account_id": [1, 2], "user": [1]}}',
            ["entities: not known user; the join keys are account_id", "entities: unequal lengths account_id 2, user 1"],
        ),
        ('{"entities": {"account_id": []}}', ["entities: must name at least one"]),
        ('{"entities": {"account_id": [1, "2"]}}', ["entities.account_id.1: "]),
        ('{"entities": {"account_id": [1.5]}}', ["entities.account_id.0: "]),
        ('{"entities": {"account_id": [true]}}', ["entities.account_id.0: "]),
        ('{"entities": {"account_id": [9223372036854775808]}}', ["entities.account_id.0: "]),
        ('{"entities": {"account_id": [1]}, "time_point": "yesterday"}', ["time_point: must be a time such as"]),
        ('{"entities": {"account_id": [1]}, "time_point": 1767614400}', ["time_point: must be a time such as"]),
        ('{"entities": {"account_id": [1]}, "time_point": "1767614400"}', ["time_point: must be a time such as"]),
        ('{"entities": {"account_id": [1]}, "time": null}', ["time: "]),
        ("{}", ["entities: "]),
        ('{"entities": []}', ["entities: must name at least one"]),
        ('{"entities": [1, "2"]}', ["entities.1: "]),
        ('{"entities": [1, 2, 1, 2]}', ["entities: 4 are given, at most 3 are answered at once"]),
        ('{"entities": [1, 77]}', ["entities.1: account_id 77 has no features at all"]),
        ('{"entities": 7}', ["entities: "]),
        ("[", ["body: is not JSON: "]),
    ],
)
def test_refuses_what_is_no_question(shared, body, says):
    response = shared.post("/predict/feast", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422, response.text
    details = said(response)
    assert len(details) == len(says) and all(detail.startswith(start) for detail, start in zip(details, says, strict=True)), details
    assert response.json()["detail"] == "; ".join(details)


@pytest.fixture(scope="module")
def shared(request, registry, version, store, online, data, tmp_path_factory):
    """One server for all questions that change nothing."""
    port, log = free_port(), tmp_path_factory.mktemp("shared") / "log"
    env = {
        "MODEL_NAME": "fraud", "MODEL_VERSION": str(version), "MLFLOW_TRACKING_URI": registry.url, "API_HOST": "127.0.0.1", "API_PORT": str(port),
        "FEAST_REGISTRY_URI": f"127.0.0.1:{store.port}", "FEAST_DATA": str(data), "HOME": "/tmp", "MAX_ROWS": "3", "PATH": "/usr/bin:/bin",
        "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(online.port), "REDIS_PASSWORD": "secret", "REGISTRY_WAIT": str(PATIENCE),
    }  # fmt: skip
    import httpx

    process = start(SERVER, env=env, log=log)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
        until(lambda: process.poll() is not None or listens(port))
        until(lambda: client.get("/ready").status_code == 200)
        yield client
    kill(process)


def test_answers_at_most_so_many_rows(shared):
    assert ask(shared, [1, 2, 1]).status_code == 200
    refused(ask(shared, [1, 2, 1, 2]), "entities: 4 are given, at most 3 are answered at once")


def test_without_redis_the_files_answer_everything(serve, version, variables):
    given = {name: value for name, value in variables.items() if not name.startswith("REDIS_")}
    api = serve(version, FEAST_ONLINE_ENABLED="false", WORKERS="2", **given)
    answered(ask(api, [1, 2]), [[0.5, 0.6, 0.3], [0.3, 0.4, 0.5]], online=0, history=2)
    answered(ask(api, [2, 1], TUESDAY), [[0.3, 0.4, 0.5], [0.1, 0.2, 0.3]], online=0, history=2)
    refused(ask(api, [77]), unknown(0, 77))
    assert 'mlstack_feature_reads_total{component="model-server",source="history"} 4.0' in api.get("/metrics").text


def others_answer(api):
    assert api.get("/ready").status_code == 200
    assert api.post("/predict", json={"columns": ["amount", "hour", "distance"], "rows": [[1, 2, 3]]}).status_code == 200


def unavailable(response, *says):
    assert response.status_code == 503, response.text
    detail = response.json()["detail"]
    assert all(one in detail for one in says) and len(detail.splitlines()) == 1, detail


def test_redis_and_the_registry_may_leave_and_return(api, store, online):
    newest = [[0.5, 0.6, 0.3]]
    answered(ask(api, [1]), newest, online=1, history=0)
    online.kill()
    unavailable(ask(api, [1]), f"redis://127.0.0.1:{online.port} cannot be reached: ")
    others_answer(api)
    with socket.create_server(("127.0.0.1", online.port)):  # accepts and says nothing
        unavailable(ask(api, [1]), f"redis://127.0.0.1:{online.port} cannot be reached: ")
        others_answer(api)
    online.start()
    until(lambda: ask(api, [1]).status_code == 200)
    answered(ask(api, [1]), newest, online=1, history=0)
    store.process.send_signal(signal.SIGSTOP)  # holds its connections and says nothing
    unavailable(ask(api, [1]), f"registry 127.0.0.1:{store.port} cannot be reached: DEADLINE_EXCEEDED")
    others_answer(api)
    store.process.send_signal(signal.SIGCONT)
    until(lambda: ask(api, [1]).status_code == 200)
    store.kill()
    unavailable(ask(api, [1]), f"registry 127.0.0.1:{store.port} cannot be reached: ")
    others_answer(api)
    store.start()
    until(lambda: ask(api, [1]).status_code == 200)
    answered(ask(api, [1]), newest, online=1, history=0)
    assert "secret" not in api.log.read_text() and "Traceback" not in api.log.read_text()


def inside(program):
    """What a program prints in the environment of the image, whose libraries these tests do not have."""
    return subprocess.run([PYTHON, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def in_redis(online, expression):
    inside(f"import redis; client = redis.Redis(port={online.port}, password='secret'); {expression}")


def publish_data(folder, amount):
    """A version of the data in which account 1 has paid so much; returns its id."""
    made = folder.parent / "made"
    made.mkdir(exist_ok=True)
    pd.DataFrame([(1, MONDAY, amount, 0.2)], columns=["account_id", "event_timestamp", "amount", "hour"]).to_parquet(made / "payment.parquet")
    pd.DataFrame([(1, MONDAY, 0.3, 0.0)], columns=["account_id", "event_timestamp", "distance", "height"]).to_parquet(made / "place.parquet")
    files = "{path.name: lambda to, path=path: shutil.copy(path, to) and 1 for path in Path(made).iterdir()}"
    imports = "import shutil; from pathlib import Path; from mlstack_common.data_sets import publish"
    return inside(f"{imports}; made = {str(made)!r}; print(publish(Path({str(folder)!r}), '{amount}', {files}).id)")


def test_one_version_of_the_data_at_a_time(serve, version, variables, online, tmp_path):
    folder = tmp_path / "features"
    first = publish_data(folder, 0.7)
    api = serve(version, **variables | {"FEAST_DATA": str(folder)})
    # Redis has other values of account 1, but not of this version.
    answered(ask(api, [1]), [[0.7, 0.2, 0.3]], online=0, history=1)
    in_redis(online, f"[client.copy(key, key + b'@{first}') for key in client.keys('*mlstack')]")
    answered(ask(api, [1]), [[0.5, 0.6, 0.3]], online=1, history=0)
    in_redis(online, "client.delete(*client.keys('*@*'))")
    # A new version is of no effect on a server that runs, until that of its own is removed.
    publish_data(folder, 0.8)
    answered(ask(api, [1]), [[0.7, 0.2, 0.3]], online=0, history=1)
    publish_data(folder, 0.9)
    answered(ask(api, [1]), [[0.9, 0.2, 0.3]], online=0, history=1)


def test_reports_a_wrong_password_and_of_lost_files(serve, version, variables, data, tmp_path):
    files = tmp_path / "features"
    shutil.copytree(data, files)
    (files / "place.parquet").write_bytes(b"nonsense")
    api = serve(version, **variables | {"REDIS_PASSWORD": PASSWORD, "FEAST_DATA": str(files)})
    unavailable(ask(api, [1]), "refuses the password in REDIS_PASSWORD")
    lost = serve(version, **variables | {"FEAST_ONLINE_ENABLED": "false", "FEAST_DATA": str(files)})
    unavailable(ask(lost, [1]), f"the files in {files} cannot be read: ", "build the features again")
    (files / "place.parquet").unlink()
    unavailable(ask(lost, [1]), f"the files in {files} cannot be read: ")
    shutil.copy(data / "place.parquet", files)
    answered(ask(lost, [1]), [[0.5, 0.6, 0.3]], online=0, history=1)
    assert PASSWORD not in api.log.read_text()


@pytest.mark.parametrize(
    ("service", "reason"), [("half", "feature service half lacks distance, which the model needs"), ("nobody", "correct FEAST_FEATURE_SERVICE")]
)
def test_never_serves_without_a_column_of_the_model(serve, version, variables, service, reason):
    api = serve(version, wait=False, FEAST_FEATURE_SERVICE=service, **variables)
    assert api.process.wait(timeout=PATIENCE) == 4
    assert reason in api.log.read_text().splitlines()[-1] and "Traceback" not in api.log.read_text()


def test_gives_up_on_a_registry_that_stays_away(serve, version, variables):
    api = serve(version, wait=False, **variables | {"FEAST_REGISTRY_URI": "127.0.0.1:1", "REGISTRY_WAIT": "0"})
    assert api.process.wait(timeout=PATIENCE) == 5
    assert "registry 127.0.0.1:1 cannot be reached: " in api.log.read_text().splitlines()[-1]


def test_refuses_wrong_variables_all_at_once():
    wrong = {"FEAST_REGISTRY_URI": "nowhere", "FEAST_PROJECT": "a b", "FEAST_DATA": "/nowhere", "REDIS_PORT": "0", "FEAST_FEATURE_SERVICE": ""}
    given = {"MODEL_NAME": "fraud", "MODEL_VERSION": "1", "MLFLOW_TRACKING_URI": "http://m", "PATH": "/usr/bin:/bin", "REDIS_PASSWORD": PASSWORD}
    done = subprocess.run([SERVER], env=given | wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"REDIS_HOST", *wrong}
    assert PASSWORD not in done.stderr
