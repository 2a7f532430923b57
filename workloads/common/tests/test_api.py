"""Strict JSON in, finite numbers out, no redirects."""

import json
import math

import pytest
from mlstack_common.api import Number, Number32, create_api
from pydantic import BaseModel
from served_app import ask


class Question(BaseModel, extra="forbid"):
    number: Number | None = None
    small: Number32 | None = None
    column: dict[str, list[Number]] = {}
    anything: object = None
    text: str = ""


ANSWERS = {"nan": {"score": math.nan}, "inf": {"rows": [1.0, {"b": (0.0, -math.inf)}]}, "zero": {"score": -0.0}}


def create():
    app = create_api("asked", "For tests.")

    @app.post("/ask")
    async def take(question: Question) -> dict[str, object]:
        return {"taken": question.model_dump(exclude_unset=True)}

    @app.get("/answers/{name}")
    def answer(name: str) -> dict[str, object]:
        return ANSWERS[name]

    return app


def said(method, path, body=b"", **options):
    answer = ask(create(), method, path, body, **options)

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return answer.status, json.loads(answer.body, parse_constant=refuse)


LARGE = "is larger than a number can be"


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ('{"number": NaN}', {"number": "must be a number, is NaN"}),
        ('{"number": Infinity}', {"number": LARGE}),
        ('{"number": -Infinity}', {"number": LARGE}),
        ('{"number": 1e400}', {"number": LARGE}),
        ('{"number": -1E+400}', {"number": LARGE}),
        ('{"number": 1' + 300 * "0" + "e99}", {"number": "input should be a finite number"}),
        ('{"number": 1' + 400 * "0" + "}", {"number": "input should be a valid number"}),
        ('{"number": 1' + 5000 * "0" + "}", {"number": LARGE}),
        ('{"number": "NaN"}', {"number": "input should be a valid number"}),
        ('{"number": "1"}', {"number": "input should be a valid number"}),
        ('{"number": true}', {"number": "input should be a valid number"}),
        ('{"number": [1]}', {"number": "input should be a valid number"}),
        ('{"small": 1e39}', {"small": "is larger than a number of 32 bits can be"}),
        # Also where no rule of a field would find it, and all of them at once.
        ('{"anything": [1, {"a": NaN, "b": [2, 1e999]}]}', {"anything.1.a": "must be a number, is NaN", "anything.1.b.1": LARGE}),
        ('{"column": {"a": [1, NaN], "b": [Infinity]}}', {"column.a.1": "must be a number, is NaN", "column.b.0": LARGE}),
        ("NaN", {"body": "must be a number, is NaN"}),
        ('{"number": 1, "number": 2}', {"number": "is given twice"}),
        ('{"column": {"a": [1], "b": [1], "a": [2], "b": [3]}}', {"column.a": "is given twice", "column.b": "is given twice"}),
        ('{"anything": [{"x": 1, "x": 1}]}', {"anything.0.x": "is given twice"}),
        ('{"text": "\\ud800"}', {"text": "has half of a character"}),
        ('{"\\udfff": 1}', {"body": "has half of a character in a key"}),
        (200_000 * "[", {"body": "is nested too deeply"}),
        ('{"number": [', {"body": "is not JSON: Expecting value"}),
        ("{'number': 1}", {"body": "is not JSON: Expecting property name enclosed in double quotes"}),
    ],
)
def test_names_what_is_wrong(body, mistakes):
    status, answer = said("POST", "/ask", body.encode())
    assert status == 422
    assert {one["path"]: one["message"] for one in answer["errors"]} == mistakes


def test_names_what_is_not_utf_8():
    assert said("POST", "/ask", '{"text": "é"}'.encode("latin-1"))[1]["detail"] == "body: is not UTF-8"


@pytest.mark.parametrize("number", ["0", "-0.0", "1e308", "5e-324", "1e-400", "123456789012345678901234567890", "0.1"])
def test_takes_every_number_that_is_one(number):
    status, answer = said("POST", "/ask", f'{{"number": {number}, "anything": [{number}]}}'.encode())
    assert (status, repr(answer["taken"]["number"])) == (200, repr(float(number)))


def test_takes_text_of_every_language():
    text = "Größe \\ud83d\\ude00 模型 \U0001f600"
    assert said("POST", "/ask", f'{{"text": "{text}"}}'.encode()) == (200, {"taken": {"text": "Größe \U0001f600 模型 \U0001f600"}})


@pytest.mark.parametrize(
    ("name", "paths"),
    [("nan", {"score": "nan"}), ("inf", {"rows.1.b.1": "-inf"})],
)
def test_never_answers_with_what_is_no_number(name, paths):
    status, answer = said("GET", f"/answers/{name}")
    assert status == 500
    assert {one["path"]: one["message"] for one in answer["errors"]} == {
        path: f"the answer would be {value}, which is no number" for path, value in paths.items()
    }


def test_minus_zero_is_a_number():
    assert ask(create(), "GET", "/answers/zero").body == b'{"score":-0.0}'


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonx"])
def test_reads_only_what_is_sent_as_json(kind):
    status, answer = said("POST", "/ask", b'{"number": 1}', content_type=kind)
    assert (status, answer["detail"]) == (415, "content-type: must be application/json")
    assert said("POST", "/ask", b"", content_type=kind)[1]["detail"] == "body: field required"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json"])
def test_reads_json_under_all_its_names(kind):
    assert said("POST", "/ask", b'{"number": 1}', content_type=kind)[0] == 200


def test_head_is_answered_where_get_is():
    assert (ask(create(), "HEAD", "/answers/zero").status, ask(create(), "HEAD", "/ask").status) == (200, 405)


@pytest.mark.parametrize(("method", "path"), [("POST", "/ask/"), ("GET", "/answers/zero/"), ("GET", "/docs/"), ("GET", "/openapi.json/")])
def test_redirects_nothing(method, path):
    answer = ask(create(), method, path, b"{}")
    assert answer.status == 404 and "location" not in answer.headers
