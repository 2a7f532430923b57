import json
import re
import signal
import socket

import pytest
from conftest import ACCOUNTS, NAMES, generated, served, write
from mlstack_common import tables
from mlstack_common.data_sets import current
from metrics_contract import conforms
from mlstack_testing import PATIENCE, run, until


@pytest.fixture
def parquet_api(serve, folder):
    return serve(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(folder))


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory):
    """One server for the tests that only ask."""
    folder = tmp_path_factory.mktemp("features")
    write(folder, generated())
    with served(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(folder)) as api:
        yield api


@pytest.fixture
def redis_api(serve, folder, redis_server):
    return serve(REDIS_HOST="127.0.0.1", REDIS_PORT=str(redis_server.port), REDIS_PASSWORD="secret", STORAGE_BASE_DIR=str(folder))


def source(api):
    return api.get("/features/3").json()["source"]


def test_answers_from_parquet(shared_api, values):
    answer = shared_api.get("/features/3").json()
    assert answer == {"id": 3, "source": "parquet", "version": "v1", "features": dict(zip(NAMES, map(float, values[3]), strict=True))}
    assert shared_api.get("/health").json() == {"status": "ok", "backend": "parquet", "redis": "unused"}


def test_answers_from_redis_from_the_first_request_on(redis_api, values):
    answer = redis_api.get("/features/3").json()
    assert answer["source"] == "redis"
    assert list(answer["features"].values()) == [float(value) for value in values[3]]


def test_falls_back_to_parquet_without_a_failed_request_and_returns(redis_api, redis_server):
    # A busy machine may need more than the time of one call for the first of them.
    until(lambda: source(redis_api) == "redis")
    redis_server.kill()
    assert [source(redis_api) for _ in range(20)] == ["parquet"] * 20
    assert redis_api.get("/ready").status_code == 200
    assert redis_api.get("/health").json()["redis"] == "down"
    redis_server.start()
    until(lambda: source(redis_api) == "redis")


def features(api, account=3):
    answer = api.get(f"/features/{account}").json()
    return answer["source"], answer["version"], list(answer["features"].values())


def test_while_other_data_are_loaded_it_answers_whole_from_its_own(redis_api, redis_server, values):
    mine = [float(value) for value in values[3]]
    client, data_set = redis_server.client, redis_server.data_set
    other = (values + 1).astype("<f4")
    client.mset({f"features:other:{account}": row.tobytes() for account, row in enumerate(other)})
    assert features(redis_api) == ("redis", "v1", mine)
    # What the loader does in one step; then it removes the values of before.
    client.hset("features:current", mapping={"set": "other", "version": "v2"})
    assert features(redis_api)[1:] == ("v1", mine)
    client.delete(*(f"features:{data_set}:{account}" for account in range(0, ACCOUNTS, 2)))
    scores = redis_api.post("/predict", json={"ids": [3, 4]}).json()
    assert (scores["version"], len(scores["scores"])) == ("v1", 2)
    until(lambda: redis_api.get("/health").json()["redis"] == "other data")
    assert features(redis_api) == ("parquet", "v1", mine)


def test_what_redis_has_thrown_away_is_answered_from_the_files(redis_api, redis_server, values):
    until(lambda: source(redis_api) == "redis")
    redis_server.client.delete(f"features:{redis_server.data_set}:3")
    assert features(redis_api) == ("parquet", "v1", [float(value) for value in values[3]])
    assert features(redis_api, 4)[0] == "redis"
    assert redis_api.get(f"/features/{ACCOUNTS}").status_code == 404


def test_values_of_an_earlier_release_are_not_read_since_they_may_be_mixed(redis_api, redis_server, values):
    client = redis_server.client
    client.flushall()
    client.set("features:3", (values[3] + 1).astype("<f4").tobytes())
    client.hset("features:meta", mapping={"version": "v1"})
    assert features(redis_api) == ("parquet", "v1", [float(value) for value in values[3]])


def test_new_files_are_of_no_effect_until_it_is_started_again(serve, folder, redis_server, values):
    env = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_server.port), "REDIS_PASSWORD": "secret", "STORAGE_BASE_DIR": str(folder)}
    api = serve(**env)
    assert api.get("/ready").json()["version"] == "v1"
    table = tables.read(folder, "accounts.parquet")[0]
    tables.write(folder, "v2", {"accounts.parquet": table.slice(0, 10)})
    assert features(api)[:2] == ("redis", "v1")
    assert api.get("/features/11").status_code == 200
    again = serve(**env)
    # The loader has not come yet: Redis still serves v1 to the others.
    assert features(again)[:2] == ("parquet", "v2") and again.get("/ready").json()["version"] == "v2"
    assert again.get("/features/11").status_code == 404


def test_starts_while_redis_is_down(serve, folder):
    api = serve(REDIS_HOST="127.0.0.1", REDIS_PORT="1", STORAGE_BASE_DIR=str(folder))
    assert api.get("/ready").status_code == 200
    assert source(api) == "parquet"


def test_is_not_ready_without_features_and_says_why(serve, tmp_path):
    api = serve(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(tmp_path / "none"))
    answer = api.get("/ready")
    assert answer.status_code == 503 and str(tmp_path / "none") in answer.json()["detail"]
    assert api.get("/health").status_code == 200
    assert (api.get("/features/3").status_code, api.post("/predict", json={"id": 3}).status_code) == (503, 503)


def test_becomes_ready_when_the_features_come_after_it(serve, folder, tmp_path_factory):
    late = tmp_path_factory.mktemp("late") / "features"
    api = serve(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(late))
    assert api.get("/ready").status_code == 503
    folder.rename(late)
    assert api.get("/ready").status_code == 200
    assert source(api) == "parquet"


def test_is_not_ready_with_a_file_that_is_cut_off(serve, folder):
    path = current(folder).path("accounts.parquet")
    path.write_bytes(path.read_bytes()[:100])
    assert serve(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(folder)).get("/ready").status_code == 503


def test_scores_tell_fraud_from_honesty(shared_api, values):
    scores = shared_api.post("/predict", json={"ids": list(range(ACCOUNTS))}).json()["scores"]
    fraud = [one["score"] for one, row in zip(scores, values, strict=True) if row[0] > 1]
    honest = [one["score"] for one, row in zip(scores, values, strict=True) if row[0] <= 1]
    assert min(fraud) > 0.4 and sum(fraud) / len(fraud) > sum(honest) / len(honest) + 0.3


def test_scores_one_account_and_given_features_alike(shared_api, values):
    by_id = shared_api.post("/predict", json={"id": 5}).json()
    by_value = shared_api.post("/predict", json={"features": dict(zip(NAMES, map(float, values[5]), strict=True))}).json()
    assert by_id["source"] == "parquet" and by_value["source"] == "request"
    assert by_id["score"] == pytest.approx(by_value["score"])


@pytest.mark.parametrize(
    ("path", "status"), [("/features/999999", 404), ("/features/-1", 422), ("/features/abc", 422), ("/nowhere", 404)]
)
def test_refuses_wrong_accounts(shared_api, path, status):
    assert shared_api.get(path).status_code == status


@pytest.mark.parametrize("body", [{}, {"id": 1, "ids": [2]}, {"id": "x"}, {"ids": []}, {"features": {"f00": 1}}, {"user": 1}])
def test_refuses_wrong_questions_and_says_where(shared_api, body):
    answer = shared_api.post("/predict", json=body)
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert errors and answer.json()["detail"] == "; ".join(f"{one['path']}: {one['message']}" for one in errors)


FEATURES = {name: 0.5 for name in NAMES}


def asked(f03):
    """The question with this text as the value of one feature: Python's own writer knows no such numbers."""
    return json.dumps({"features": FEATURES | {"f03": "?"}}).replace('"?"', f03)


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ('{"id": NaN}', "id: must be a number, is NaN"),
        ('{"id": Infinity}', "id: is larger than a number can be"),
        ('{"id": 1e400}', "id: is larger than a number can be"),
        ('{"id": 1' + 30 * "0" + "}", "id: input should be less than or equal to 9007199254740992"),
        ('{"id": 1' + 5000 * "0" + "}", "id: is larger than a number can be"),
        ('{"id": "3"}', "id: input should be a valid integer"),
        ('{"id": true}', "id: input should be a valid integer"),
        ('{"id": 3.0}', "id: input should be a valid integer"),
        ('{"id": -0.0}', "id: input should be a valid integer"),
        ('{"id": [3]}', "id: input should be a valid integer"),
        ('{"id": 3, "id": 4}', "id: is given twice"),
        ('{"ids": [3, NaN]}', "ids.1: must be a number, is NaN"),
        ('{"ids": [3, 4.5]}', "ids.1: input should be a valid integer"),
        (asked(f03="NaN"), "features.f03: must be a number, is NaN"),
        (asked(f03="-Infinity"), "features.f03: is larger than a number can be"),
        (asked(f03="1e400"), "features.f03: is larger than a number can be"),
        (asked(f03="1e39"), "features.f03: is larger than a number of 32 bits can be"),
        (asked(f03="[0.5]"), "features.f03: input should be a valid number"),
        (asked(f03='"NaN"'), "features.f03: input should be a valid number"),
        (asked(f03='"0.5"'), "features.f03: input should be a valid number"),
        (asked(f03="true"), "features.f03: input should be a valid number"),
        (asked(f03="null"), "features.f03: input should be a valid number"),
    ],
)
def test_refuses_what_is_no_number_and_names_the_field(shared_api, body, mistake):
    answer = shared_api.post("/predict", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, mistake)


@pytest.mark.parametrize("value", ["0", "-0.0", "1e-400", "3.4e38", "-3.4e38"])
def test_scores_every_number_that_is_one(shared_api, value):
    answer = shared_api.post("/predict", content=asked(f03=value), headers={"content-type": "application/json"})
    assert answer.status_code == 200 and 0 <= answer.json()["score"] <= 1


@pytest.mark.parametrize("account", ["NaN", "1e400", "3.5", "1" + 30 * "0", "1" + 5000 * "0"])
def test_an_account_in_the_path_is_a_whole_number(shared_api, account):
    answer = shared_api.get(f"/features/{account}")
    assert (answer.status_code, [one["path"] for one in answer.json()["errors"]]) == (422, ["account"])


def test_is_not_ready_with_features_that_are_no_numbers(serve, folder, values):
    values[3, 2] = float("nan")
    write(folder, values, "v2")
    answer = serve(FEATURE_STORE_BACKEND="parquet", STORAGE_BASE_DIR=str(folder)).get("/ready")
    assert answer.status_code == 503 and "account 3 has no number in f02" in answer.json()["detail"]


def test_redirects_nothing(shared_api):
    for path in ("/predict/", "/health/", "/features/3/", "/docs/"):
        for answer in (shared_api.get(path), shared_api.post(path, json={"id": 3})):
            assert answer.status_code == 404 and "location" not in answer.headers


def test_says_what_it_is(shared_api):
    about = shared_api.get("/").json()
    assert about["service"] == "feature-api" and "POST /predict" in about["endpoints"]
    assert shared_api.get(about["docs"]).status_code == 200


def test_counts_what_it_did(redis_api):
    redis_api.get("/features/3")
    redis_api.get("/features/999999")
    text = redis_api.get("/metrics").text
    conforms(text, "feature-api", "model", "features")
    assert 'mlstack_requests_total{code="404",component="feature-api",route="/features/{account}"} 1.0' in text
    assert 'mlstack_feature_reads_total{component="feature-api",source="redis"} 1.0' in text
    assert 'mlstack_feature_misses_total{component="feature-api"} 1.0' in text
    assert re.search('mlstack_model_info{alias="",component="feature-api",name="fraud",sha256="[0-9a-f]{64}",version="v1"} 1.0', text)
    assert "feature_api_redis_up 1.0" in text


def test_finishes_running_requests_when_asked_to_stop(parquet_api):
    url = parquet_api.base_url
    body = b'{"id": 5}'
    with socket.create_connection((url.host, url.port), timeout=PATIENCE) as request:
        head = f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        request.sendall(head.encode())
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        parquet_api.process.send_signal(signal.SIGTERM)
        until(lambda: parquet_api.get("/ready").status_code == 404)
        request.sendall(body)
        assert request.recv(1000).startswith(b"HTTP/1.1 200")
    assert parquet_api.process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM)


def test_says_that_it_leaves_and_answers_until_the_gateway_knows(parquet_api):
    assert parquet_api.get("/ready").status_code == 200
    parquet_api.process.send_signal(signal.SIGTERM)
    until(lambda: parquet_api.get("/ready").status_code == 404)
    assert parquet_api.get("/features/5").status_code == 200
    assert parquet_api.process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM)


def test_refuses_wrong_variables_all_at_once(folder):
    done = run("feature-api", FEATURE_STORE_BACKEND="mysql", API_PORT="0", REDIS_PASSWORD="hunter2")
    assert done.returncode == 2
    assert "FEATURE_STORE_BACKEND: " in done.stderr and "API_PORT: " in done.stderr
    assert "Traceback" not in done.stderr and "hunter2" not in done.stderr


def test_needs_a_host_for_redis():
    done = run("feature-api")
    assert done.returncode == 2
    assert "REDIS_HOST: is required" in done.stderr
