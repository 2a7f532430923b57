"""Questions and answers."""

import hashlib
import json

import pytest
from conftest import COLUMNS, expected, golden, onnx_model, publish, served, whole
from metrics_contract import conforms

@pytest.fixture(scope="module")
def api(registry, version, tmp_path_factory):
    """One server for the tests that only ask."""
    with served(registry, version, tmp_path_factory.mktemp("shared")) as client:
        yield client


ROWS = [[0.1, 0.2, 0.3], [1, -2, 3.5], [0, 0, 0]]


def ask(api, **body):
    return api.post("/predict", json=body)


def test_predicts_and_says_by_which_version(api, version):
    answer = ask(api, columns=COLUMNS, rows=ROWS).json()
    assert answer == {"predictions": pytest.approx(expected(ROWS), abs=1e-5), "model": "fraud", "version": str(version)}


def test_takes_columns_in_any_order(api):
    turned = ask(api, columns=COLUMNS[::-1], rows=[row[::-1] for row in ROWS]).json()
    assert turned["predictions"] == pytest.approx(expected(ROWS), abs=1e-5)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (["amount", "hour"], "missing distance"),
        ([*COLUMNS, "colour", "taste"], "not known colour, taste"),
        (["amount", "hour", "distanze"], "missing distance; not known distanze"),
        (["amount", "hour", "distance", "hour"], "given twice hour"),
    ],
)
def test_refuses_wrong_columns_and_names_all_of_them(api, columns, says):
    refused(ask(api, columns=columns, rows=[[0.0] * len(columns)]), ("columns", says))
    if len(set(columns)) == len(columns):
        refused(ask(api, data={name: [0.0] for name in columns}), ("data", says))


def refused(answer, *mistakes):
    detail = "; ".join(f"{path}: {message}" for path, message in mistakes)
    assert answer.status_code == 422
    assert answer.json() == {"detail": detail, "errors": [{"path": path, "message": message} for path, message in mistakes]}


def test_takes_the_values_of_each_column(api):
    data = {name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}
    assert ask(api, data=data).json() == ask(api, columns=COLUMNS, rows=ROWS).json()
    assert ask(api, data=dict(reversed(data.items()))).json() == ask(api, columns=COLUMNS, rows=ROWS).json()


def test_answers_the_question_of_the_guides(serve, registry):
    api = serve(publish(registry.url, whole(columns=["feature1", "feature2"]), "guide"), MODEL_NAME="guide")
    body = '{"data": {"feature1": [1.0, 2.0], "feature2": [3.0, 4.0]}}'
    answer = api.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.json()["predictions"] == pytest.approx(expected([[1, 3], [2, 4]]), abs=1e-5)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("[1, 2, NaN]", "rows.1.2: "),
        ("[1, Infinity, 2]", "rows.1.1: "),
        ("[1, 2, 1e400]", "rows.1.2: "),
        ("[1, 2, 1e39]", "rows.1.2: is larger than a number of 32 bits can be"),
        ('[1, 2, "3"]', "rows.1.2: "),
        ("[1, true, 3]", "rows.1.1: "),
        ("[null, 2, 3]", "rows.1.0: "),
        ("[-Infinity, NaN, 3]", "rows.1.0: is larger than a number can be; rows.1.1: must be a number, is NaN"),
        ('["NaN", 2, 3]', "rows.1.0: "),
        ("[[1], 2, 3]", "rows.1.0: "),
        ("[1" + 400 * "0" + ", 2, 3]", "rows.1.0: "),
        ("[1" + 5000 * "0" + ", 2, 3]", "rows.1.0: is larger than a number can be"),
        ("[1, 2]", "rows.1: must have 3 numbers, one for each column, has 2"),
        ("[1, 2, 3, 4]", "rows.1: must have 3 numbers, one for each column, has 4"),
        ("7", "rows.1: "),
    ],
)
def test_refuses_wrong_values_and_says_where(api, row, says):
    body = f'{{"columns": {json.dumps(COLUMNS)}, "rows": [[1, 2, 3], {row}]}}'
    answer = api.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == says.count(";") + 1 and answer.json()["detail"].startswith(says)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"columns": COLUMNS}, {"columns": COLUMNS, "rows": []}, {"columns": [], "rows": [[]]}, {"columns": COLUMNS, "rows": ROWS, "id": 1}, [],
        {"data": {}}, {"data": {"amount": []}}, {"data": {"amount": [1]}, "rows": ROWS}, {"data": {"amount": [1]}, "columns": COLUMNS},
        {"data": {"amount": [1]}, "columns": COLUMNS, "rows": ROWS}, {"data": [[1]]}, {"data": {"amount": 1}}, {"rows": ROWS},
    ],
)  # fmt: skip
def test_refuses_what_is_no_question(api, body):
    answer = api.post("/predict", json=body)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_serves_a_model_whose_name_has_spaces_and_other_letters(serve, registry):
    name = "Größe d'Été 模型 (2)"
    api = serve(publish(registry.url, whole(), name), MODEL_NAME=name)
    assert ask(api, columns=COLUMNS, rows=ROWS).json()["model"] == name
    assert f'mlstack_model_info{{alias="",component="model-server",name="{name}",' in api.get("/metrics").text


def test_refuses_wrong_values_of_columns_and_says_where(api):
    refused(ask(api, data={"amount": [1, 2], "hour": [1], "distance": [1, 2]}), ("data", "must have as many values in each column, at least one, has amount 2, hour 1, distance 2"))
    refused(ask(api, data={"amount": [1, 2], "hour": [1, 1e39], "distance": [1, 2]}), ("data.hour.1", "is larger than a number of 32 bits can be"))
    refused(ask(api, data={"amount": [1, "2"], "hour": [1, 2], "distance": [1, 2]}), ("data.amount.1", "input should be a valid number"))


def test_never_answers_with_what_is_no_number(serve, registry):
    model = whole(model=onnx_model(end="Sqrt"), golden_file=golden([0.6**0.5, 0.1**0.5]))
    api = serve(publish(registry.url, model))
    assert ask(api, columns=COLUMNS, rows=[[1, 0, 0]]).json()["predictions"] == pytest.approx([0.8**0.5], abs=1e-5)
    answer = ask(api, columns=COLUMNS, rows=[[1, 0, 0], [-1, 0, 0], [-2, 0, 0]])
    assert answer.status_code == 500
    message = "the answer would be nan, which is no number"
    assert answer.json()["errors"] == [{"path": f"predictions.{row}", "message": message} for row in (1, 2)]


def test_redirects_nothing(api):
    for path in ("/predict/", "/health/", "/metrics/"):
        answer = api.post(path, json={"columns": COLUMNS, "rows": ROWS})
        assert answer.status_code == 404 and "location" not in answer.headers


def test_says_what_it_is(api, version):
    about = api.get("/").json()
    assert about | {"description": ""} == {
        "service": "model-server", "description": "", "model": "fraud", "version": str(version), "docs": "/openapi.json", "openapi": "/openapi.json",
        "endpoints": ["GET /health", "GET /ready", "POST /predict", "GET /metrics"],
    }  # fmt: skip
    assert api.get(about["docs"]).json()["info"]["title"] == "model-server"


def test_refuses_what_is_not_json(api):
    answer = api.post("/predict", content=b'{"columns": [', headers={"content-type": "application/json"})
    refused(answer, ("body", "is not JSON: Expecting value"))


def test_answers_at_most_so_many_rows(serve, version):
    api = serve(version, MAX_ROWS="3")
    assert ask(api, columns=COLUMNS, rows=ROWS).status_code == 200
    refused(ask(api, columns=COLUMNS, rows=[*ROWS, [1, 2, 3]]), ("rows", "4 rows are given, at most 3 are answered at once"))
    refused(ask(api, data={name: [1, 2, 3, 4] for name in COLUMNS}), ("data", "4 rows are given, at most 3 are answered at once"))


def test_counts_requests_and_names_the_version_that_answers(serve, version):
    api = serve(version)
    ask(api, columns=COLUMNS, rows=ROWS)
    ask(api, columns=COLUMNS, rows=[])
    text = api.get("/metrics").text
    conforms(text, "model-server", "model", "golden")
    for code in (200, 422):
        assert f'mlstack_requests_total{{code="{code}",component="model-server",route="/predict"}} 1.0' in text
    assert 'mlstack_request_seconds_count{component="model-server",route="/predict"} 2.0' in text
    assert "model_server_rows_total 3.0" in text
    sha256 = hashlib.sha256(whole()["checksums.json"]).hexdigest()
    assert f'mlstack_model_info{{alias="",component="model-server",name="fraud",sha256="{sha256}",version="{version}"}} 1.0' in text
