"""The HTTP interface."""

import time

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from model_server import metrics
from model_server.model import WrongQuestion
from model_server.question import Question
from model_server.serving import Serving


def create_app(serving: Serving) -> FastAPI:
    """The application around a model that is loaded, or will be."""
    settings = serving.settings
    model = {"model": settings.model_name, "version": str(settings.model_version)}
    # Interactive documentation would need files from elsewhere; the schema is at /openapi.json.
    app = FastAPI(title="model-server", docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def measured(request: Request, call_next) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        route = request.scope.get("route")
        path = route.path if route else "other"
        metrics.SECONDS.labels(**model, path=path).observe(time.perf_counter() - started)
        metrics.REQUESTS.labels(**model, path=path, status=response.status_code).inc()
        return response

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
        if problem := serving.not_ready():
            raise HTTPException(503, problem)
        return {"status": "ready", **model}

    @app.post("/predict")
    def predict(question: Question) -> dict[str, object]:
        if serving.model is None:
            raise HTTPException(503, serving.problem)
        if len(question.rows) > settings.max_rows:
            raise HTTPException(422, [f"rows: {len(question.rows)} are given, at most {settings.max_rows} are answered at once"])
        try:
            predictions = serving.model.predict(question)
        except WrongQuestion as error:
            raise HTTPException(422, [str(error)]) from error
        metrics.ROWS.labels(**model).inc(len(predictions))
        return {"predictions": predictions, **model}

    if settings.feast_registry_uri:
        from model_server.feast_route import feast_route  # here: the minimal image has no Feast

        app.include_router(feast_route(serving))

    @app.get("/metrics")
    async def expose() -> Response:
        metrics.READY.labels(**model).set(serving.not_ready() is None)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return app
