"""Questions and answers."""

import json

import pytest
from conftest import COLUMNS, expected

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
        (["amount", "hour"], "columns: missing distance"),
        ([*COLUMNS, "colour", "taste"], "columns: not known colour, taste"),
        (["amount", "hour", "distanze"], "columns: missing distance; not known distanze"),
        (["amount", "hour", "distance", "hour"], "columns: given twice hour"),
    ],
)
def test_refuses_wrong_columns_and_names_all_of_them(api, columns, says):
    answer = ask(api, columns=columns, rows=[[0.0] * len(columns)])
    assert (answer.status_code, answer.json()["detail"]) == (422, [says])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("[1, 2, NaN]", "rows.1.2: "),
        ("[1, Infinity, 2]", "rows.1.1: "),
        ("[1, 2, 1e400]", "rows.1.2: "),
        ("[1, 2, 1e39]", "rows.1: holds a number that is larger than 32 bits can tell"),
        ('[1, 2, "3"]', "rows.1.2: "),
        ("[1, true, 3]", "rows.1.1: "),
        ("[null, 2, 3]", "rows.1.0: "),
        ("[1, 2]", "rows.1: must have 3 numbers, one for each column, has 2"),
        ("[1, 2, 3, 4]", "rows.1: must have 3 numbers, one for each column, has 4"),
        ("7", "rows.1: "),
    ],
)
def test_refuses_wrong_values_and_says_where(api, row, says):
    body = f'{{"columns": {json.dumps(COLUMNS)}, "rows": [[1, 2, 3], {row}]}}'
    answer = api.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == 1 and answer.json()["detail"][0].startswith(says)


@pytest.mark.parametrize(
    "body",
    [{}, {"columns": COLUMNS}, {"columns": COLUMNS, "rows": []}, {"columns": [], "rows": [[]]}, {"columns": COLUMNS, "rows": ROWS, "id": 1}, []],
)
def test_refuses_what_is_no_question(api, body):
    assert api.post("/predict", json=body).status_code == 422


def test_refuses_what_is_not_json(api):
    assert api.post("/predict", content=b'{"columns": [', headers={"content-type": "application/json"}).status_code == 422


def test_answers_at_most_so_many_rows(serve, version):
    api = serve(version, MAX_ROWS="3")
    assert ask(api, columns=COLUMNS, rows=ROWS).status_code == 200
    answer = ask(api, columns=COLUMNS, rows=[*ROWS, [1, 2, 3]])
    assert (answer.status_code, answer.json()["detail"]) == (422, ["rows: 4 are given, at most 3 are answered at once"])


def test_counts_by_model_and_version(api, version):
    ask(api, columns=COLUMNS, rows=ROWS)
    ask(api, columns=COLUMNS, rows=[])
    text = api.get("/metrics").text
    labels = f'model="fraud",path="/predict",status="%d",version="{version}"'
    assert f"model_server_requests_total{{{labels % 200}}} 1.0" in text
    assert f"model_server_requests_total{{{labels % 422}}} 1.0" in text
    assert f'model_server_rows_total{{model="fraud",version="{version}"}} 3.0' in text
    assert f'model_server_ready{{model="fraud",version="{version}"}} 1.0' in text
    assert f'model_server_request_seconds_count{{model="fraud",path="/predict",version="{version}"}} 2.0' in text
