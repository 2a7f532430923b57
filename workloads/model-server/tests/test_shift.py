"""What it is asked, compared with what it was trained on."""

import re

import pytest
from conftest import COLUMNS, expected, publish, reference, whole
from metrics_contract import conforms

LIKE_TRAINING = [[amount, 0, -amount] for amount in (-2, -0.5, 0.5, 2)] * 50


@pytest.fixture(scope="module")
def compared(registry):
    return publish(registry.url, whole(reference_file=reference()))


def shift(api):
    """By feature; under "rows" how many are compared."""
    text = api.get("/metrics").text
    found = dict(re.findall(r'^mlstack_feature_shift{.*feature="(\w+)".*name="fraud"} (\S+)$', text, re.MULTILINE))
    rows = re.search(r'^mlstack_feature_shift_rows{component="model-server",name="fraud"} (\S+)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found.items()} | ({"rows": float(rows[1])} if rows else {})


@pytest.mark.parametrize("workers", ["1", "2"])
def test_compares_what_it_is_asked_with_the_training(serve, compared, workers):
    api = serve(compared, WORKERS=workers)
    assert shift(api) == {"rows": 0}, "the golden request is asked by no one"

    def ask(rows, columns=COLUMNS):
        # With a new connection, which another worker may accept.
        answer = api.post("/predict", headers={"connection": "close"}, json={"columns": columns, "rows": rows})
        assert answer.json()["predictions"] == pytest.approx(expected(rows if columns == COLUMNS else [row[::-1] for row in rows]), abs=1e-5)

    ask(LIKE_TRAINING[:100])
    conforms(api.get("/metrics").text, "model-server", "model", "golden", "reference")
    for row in LIKE_TRAINING[:100]:
        ask([row])
    assert shift(api) == {"rows": 200, "distance": 0, "amount": 0}
    conforms(api.get("/metrics").text, "model-server", "model", "golden", "reference", "shift")
    for _ in range(20):
        ask([row[::-1] for row in ([5, 0, 0.5], [5, 0, -0.5], [5, 0, -5], [5, 0, 5])] * 5, COLUMNS[::-1])
    found = shift(api)
    assert found["rows"] == 600 and found["amount"] > 0.25 and found["distance"] == 0


def test_a_refused_question_is_not_compared(serve, compared):
    api = serve(compared)
    assert api.post("/predict", json={"columns": COLUMNS, "rows": [[1, 2, 1e39]]}).status_code == 422
    assert shift(api) == {"rows": 0}


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (reference(version=2), "reference.json: is of version 2, this program reads 1; what is asked is not compared with the training"),
        (reference(features=[{"name": "colour", "categories": [], "shares": [0, 1]}]), "reference.json: has colour, which the model has not; "),
        (b"nonsense", "reference.json: is no JSON; "),
    ],
)
def test_serves_a_version_with_a_reference_that_it_cannot_compare_with(serve, registry, file, says):
    api = serve(publish(registry.url, whole(reference_file=file)))
    assert api.post("/predict", json={"columns": COLUMNS, "rows": [[1, 2, 3]]}).status_code == 200
    assert says in api.log.read_text() and shift(api) == {}
    conforms(api.get("/metrics").text, "model-server", "model", "golden")
