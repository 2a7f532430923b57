"""One shape for every mistake, whoever finds it."""

import json
from typing import Annotated

import pytest
from fastapi import FastAPI, HTTPException, Path
from mlstack_common.about import introduce
from mlstack_common.refusal import NAMED, Mistake, Refusal, refusal, refuse_alike
from pydantic import BaseModel, Field, field_validator
from served_app import ask


class Question(BaseModel, extra="forbid"):
    numbers: dict[str, list[Annotated[float, Field(allow_inf_nan=False)]]]

    @field_validator("numbers")
    @classmethod
    def some(cls, numbers):
        if not numbers:
            raise ValueError("Must name some")
        return numbers


def create():
    app = FastAPI(title="asked", description="For tests.")
    refuse_alike(app)

    @app.post("/ask")
    async def take(question: Question):
        return {}

    @app.get("/items/{item}")
    async def item(item: Annotated[int, Path(ge=0)]):
        if item == 1:
            raise HTTPException(503, "not ready", {"Retry-After": "1"})
        if item == 2:
            raise Refusal(422, [Mistake(f"rows.{row}", "is wrong") for row in range(NAMED + 3)])
        raise RuntimeError("a secret cause")

    introduce(app, version="1")
    return app


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "mistakes"),
    [
        ("GET", "/nowhere", b"", 404, []),
        ("DELETE", "/ask", b"", 405, []),
        ("GET", "/items/1", b"", 503, []),
        ("GET", "/items/3", b"", 500, []),
        ("GET", "/items/x", b"", 422, ["item"]),
        ("GET", "/items/-1", b"", 422, ["item"]),
        ("POST", "/ask", b"", 422, ["body"]),
        ("POST", "/ask", b'{"numbers": [', 422, ["body"]),
        ("POST", "/ask", b"{}", 422, ["numbers"]),
        ("POST", "/ask", b'{"numbers": {}}', 422, ["numbers"]),
        ("POST", "/ask", b'{"numbers": {"": [NaN, 1], "b": [1, "x"]}, "more": 1}', 422, ["numbers.0", "numbers.b.1", "more"]),
    ],
)
def test_every_error_has_the_same_two_fields(method, path, body, status, mistakes):
    answer = ask(create(), method, path, body)
    said = json.loads(answer.body)
    assert (answer.status, list(said)) == (status, ["detail", "errors"])
    assert [one["path"] for one in said["errors"]] == mistakes
    assert isinstance(said["detail"], str) and "secret" not in said["detail"]
    if mistakes:
        assert said["detail"] == "; ".join(f"{one['path']}: {one['message']}" for one in said["errors"])


def test_names_so_many_mistakes_and_counts_the_others():
    said = json.loads(ask(create(), "GET", "/items/2").body)
    assert len(said["errors"]) == NAMED and said["detail"].endswith(f"rows.{NAMED - 1}: is wrong; and 3 more")


def test_keeps_the_headers_of_an_error():
    assert ask(create(), "GET", "/items/1").headers["retry-after"] == "1"
    assert refusal(413, "too large", headers={"connection": "close"}).headers["connection"] == "close"


def test_a_rule_of_our_own_is_said_as_it_is_written():
    assert json.loads(ask(create(), "POST", "/ask", b'{"numbers": {}}').body)["errors"] == [{"path": "numbers", "message": "must name some"}]


def test_says_what_it_is_and_where_its_documentation_is():
    about = json.loads(ask(create(), "GET", "/").body)
    assert about == {
        "service": "asked", "description": "For tests.", "version": "1", "docs": "/docs", "openapi": "/openapi.json",
        "endpoints": ["POST /ask", "GET /items/{item}"],
    }  # fmt: skip
