"""The HTTP interface."""

import logging
import time

from fastapi import FastAPI, HTTPException, Request, Response, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CONTENT_TYPE_LATEST

from image_api import metrics
from image_api.classifier import Busy, Classifier
from image_api.fleet import Fleet
from image_api.image import NotAnImage
from image_api.settings import Settings
from image_api.upload import UploadLimit

log = logging.getLogger("image-api")


def create_app(settings: Settings, classifier: Classifier, fleet: Fleet) -> FastAPI:
    """The application of one worker; it says "loading" until all workers have loaded."""
    app = FastAPI(title="image-api")
    app.state.leaving = False
    app.add_middleware(UploadLimit, limit=settings.api_max_upload_bytes)

    @app.middleware("http")
    async def measured(request: Request, call_next) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        seconds = time.perf_counter() - started
        route = request.scope.get("route")
        path = route.path if route else "other"
        metrics.SECONDS.labels(path).observe(seconds)
        metrics.REQUESTS.labels(path, response.status_code).inc()
        level = logging.INFO if request.method == "POST" else logging.DEBUG
        log.log(level, "%s %s %d %.1f ms", request.method, path, response.status_code, seconds * 1000)
        return response

    if settings.api_cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.api_cors_origins, allow_methods=["GET", "POST"], allow_headers=["*"])

    def loading() -> bool:
        return not (fleet.complete and classifier.loaded.is_set())

    @app.get("/health")
    async def health() -> dict[str, object]:
        if loading():
            raise HTTPException(503, "loading")
        return {"status": "ok", "device": classifier.device, "workers": settings.api_workers}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if app.state.leaving:
            raise HTTPException(503, "asked to stop")
        if loading() or classifier.model is None:
            raise HTTPException(503, "loading")
        return {"status": "ready", "model": settings.api_model_name, "version": classifier.model.version}

    @app.post("/api/v1/predict")
    async def predict(image: UploadFile) -> dict[str, object]:
        if loading():
            raise HTTPException(503, "loading", {"Retry-After": "5"})
        try:
            return await classifier.predict(await image.read())
        except NotAnImage as error:
            raise HTTPException(422, str(error)) from error
        except Busy as error:
            raise HTTPException(503, "too many requests wait", {"Retry-After": "1"}) from error

    @app.get("/metrics")
    async def numbers() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return app
