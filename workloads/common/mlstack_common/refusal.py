"""The one shape in which every server says why it does not answer, as the gateway before it does:

    {"detail": "rows.1: must have 3 numbers, has 2", "errors": [{"path": "rows.1", "message": "must have 3 numbers, has 2"}]}

`detail` is always one text. `errors` has the places in the request that are wrong, and is empty where the cause lies elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

NAMED = 20
"""Most mistakes that one answer names."""

NOWHERE = {404: "nothing is at this path; GET / lists what is", 405: "this path has no such method; GET / lists those that it has"}
"""What the router says in two words."""


class Mistake(NamedTuple):
    """What is wrong with a request, and where: keys and places from the outside in, e.g. `rows.1.2`."""

    path: str
    message: str


class Refusal(HTTPException):
    """An answer that names places of the request."""

    def __init__(self, status: int, mistakes: Sequence[Mistake], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, text_of(mistakes), dict(headers or {}))
        self.mistakes = mistakes


def refusal(status: int, detail: str, mistakes: Sequence[Mistake] = (), headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer itself, for middleware; routes raise `HTTPException`, or `Refusal`."""
    return JSONResponse({"detail": detail, "errors": [one._asdict() for one in mistakes[:NAMED]]}, status, headers)


def refuse_alike(app: FastAPI) -> None:
    """Gives every error of an application the one shape."""

    @app.exception_handler(StarletteHTTPException)
    async def refused(_: Request, error: StarletteHTTPException) -> JSONResponse:
        # The router's own errors are Starlette's, those of routes FastAPI's.
        own = NOWHERE.get(error.status_code) if type(error) is StarletteHTTPException else None
        return refusal(error.status_code, own or str(error.detail), getattr(error, "mistakes", ()), error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, error: RequestValidationError) -> JSONResponse:
        # The default answer repeats the client's data, and cannot be written as JSON when those hold a NaN.
        mistakes = [mistake_of(one) for one in error.errors()]
        return refusal(422, text_of(mistakes), mistakes)

    @app.exception_handler(Exception)
    async def failed(*_: object) -> JSONResponse:
        return refusal(500, "internal error; the log of the service has its cause")


def mistake_of(error: Mapping[str, Any]) -> Mistake:
    """One mistake that pydantic found. A part of the path without a name is none of the client's: it is left out."""
    where, *inside = map(str, error["loc"])
    if error["type"] == "json_invalid":
        return Mistake(where, f"is not JSON: {error['ctx']['error']}")
    text = error["msg"].removeprefix("Value error, ")
    return Mistake(".".join(part for part in inside if part) or where, text[:1].lower() + text[1:])


def text_of(mistakes: Sequence[Mistake]) -> str:
    """All mistakes in one line."""
    more = [f"and {len(mistakes) - NAMED} more"] if len(mistakes) > NAMED else []
    return "; ".join([*(f"{one.path}: {one.message}" for one in mistakes[:NAMED]), *more])
