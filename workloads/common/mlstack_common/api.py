"""A server's FastAPI application, made the same way for all: strict JSON in, finite numbers out, no redirects, one shape of errors."""

import logging
import math
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.params import Form
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import AfterValidator, Field
from starlette.routing import Match

from mlstack_common.json_text import parse
from mlstack_common.refusal import Mistake, Refusal, refuse_alike

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number: no text that looks like one, no NaN, no infinity."""

LARGEST_32 = 3.4028234663852886e38


def in_32_bits(value: float) -> float:
    if abs(value) > LARGEST_32:
        raise ValueError("is larger than a number of 32 bits can be")
    return value


Number32 = Annotated[Number, AfterValidator(in_32_bits)]
"""A number that 32 bits can hold, as models compute with."""

log = logging.getLogger("api")


def create_api(name: str, description: str, **options: Any) -> FastAPI:
    """An application without routes.

    Nothing is redirected: a path with a slash too many is a 404. A redirect would name scheme and host as this server sees them,
    behind a gateway with TLS `http://`, and a client would send body and key there in clear.

    Args:
        options: of `FastAPI`.
    """
    app = FastAPI(title=name, description=description, redirect_slashes=False, **options)
    app.router.route_class = StrictRoute
    refuse_alike(app)
    return app


class FiniteResponse(JSONResponse):
    """JSON as the standard has it. A number that is none is a fault of this server, or of its model: 500, with its place.

    Not 503: the same question would get the same answer.
    """

    def render(self, content: object) -> bytes:
        try:
            return super().render(content)
        except ValueError:
            mistakes = [Mistake(path, f"the answer would be {value}, which is no number") for path, value in not_finite(content)]
            if not mistakes:
                raise
            refusal = Refusal(500, mistakes)
            log.error("%s", refusal.detail)
            raise refusal from None


def not_finite(value: object, path: str = "") -> list[tuple[str, float]]:
    """Places and values of the numbers that JSON cannot hold."""
    if isinstance(value, float):
        return [] if math.isfinite(value) else [(path, value)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [found for key, one in parts for found in not_finite(one, f"{path}.{key}" if path else str(key))]


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        return parse(await self.body())


class StrictRoute(APIRoute):
    """Reads JSON strictly, and only what is sent as JSON: a page of another origin may send a body as anything else unasked.

    What an endpoint returns is written as it is: the framework would make `null` of a number that is none.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, written(endpoint), **options)

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Takes HEAD wherever it takes GET, as HTTP wants it; the web server leaves the body out."""
        found, more = super().matches(scope)
        return (Match.FULL, more) if found == Match.PARTIAL and self.answers_head(scope) else (found, more)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        await super().handle({**scope, "method": "GET"} if self.answers_head(scope) else scope, receive, send)

    def answers_head(self, scope: Any) -> bool:
        return scope["type"] == "http" and scope["method"] == "HEAD" and "GET" in self.methods

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handle = super().get_route_handler()
        takes_json = self.body_field is not None and not isinstance(self.body_field.field_info, Form)

        async def strict(request: Request) -> Response:
            one = StrictRequest(request.scope, request.receive)
            if takes_json and not is_json(one.headers.get("content-type", "")) and await one.body():
                raise Refusal(415, [Mistake("content-type", "must be application/json")])
            return await handle(one)

        return strict


def written(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, with a response in the place of a value."""

    def response_of(value: Any) -> Response:
        return value if isinstance(value, Response) else FiniteResponse(value)

    @wraps(endpoint)
    async def later(*given: Any, **named: Any) -> Response:
        return response_of(await endpoint(*given, **named))

    @wraps(endpoint)
    def at_once(*given: Any, **named: Any) -> Response:
        return response_of(endpoint(*given, **named))

    return later if iscoroutinefunction(endpoint) else at_once


def is_json(content_type: str) -> bool:
    """Whether a Content-Type names JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("application/") and (kind == "application/json" or kind.endswith("+json"))
