"""The HTTP interface."""

from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from mlstack_common.metrics import Measure, exposition
from model_server.model import WrongQuestion
from model_server.question import Question

if TYPE_CHECKING:
    from model_server.service import ModelService


def create_app(service: "ModelService") -> FastAPI:
    """The application around a model that is loaded, or will be."""
    settings, metrics = service.settings, service.metrics
    model = {"model": settings.model_name, "version": str(settings.model_version)}
    # Interactive documentation would need files from elsewhere; the schema is at /openapi.json.
    app = FastAPI(title="model-server", docs_url=None, redoc_url=None)

    app.add_middleware(Measure, metrics.requests, app.routes)

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, error: RequestValidationError) -> JSONResponse:
        # The default answer repeats the client's data, and cannot be written as JSON when those hold a NaN.
        mistakes = [f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()[:10]]
        return JSONResponse({"detail": mistakes}, 422)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", **model}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if problem := service.not_ready():
            raise HTTPException(503, problem)
        return {"status": "ready", **model}

    @app.post("/predict")
    def predict(question: Question) -> dict[str, object]:
        if service.model is None:
            raise HTTPException(503, service.problem)
        if len(question.rows) > settings.max_rows:
            raise HTTPException(422, [f"rows: {len(question.rows)} are given, at most {settings.max_rows} are answered at once"])
        try:
            predictions = service.model.predict(question)
        except WrongQuestion as error:
            raise HTTPException(422, [str(error)]) from error
        metrics.rows.inc(len(predictions))
        return {"predictions": predictions, **model}

    if settings.feast_registry_uri:
        from model_server.feast_route import feast_route  # here: the minimal image has no Feast

        app.include_router(feast_route(service))

    @app.get("/metrics")
    async def expose() -> Response:
        metrics.ready.set(service.is_ready())
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    return app
