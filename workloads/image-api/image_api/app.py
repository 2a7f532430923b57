"""The HTTP interface."""

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware

from image_api.classifier import Busy, NoAnswer
from image_api.image import NotAnImage
from image_api.metrics import NAME
from image_api.upload import UploadLimit
from mlstack_common.about import introduce
from mlstack_common.api import create_api
from mlstack_common.measure import measure
from mlstack_common.refusal import Mistake, Refusal
from mlstack_common.timing import LEAVING

if TYPE_CHECKING:
    from image_api.service import ImageService

log = logging.getLogger("image-api")


def create_app(service: "ImageService") -> FastAPI:
    """The application of one worker; it answers "loading" until all workers have loaded."""
    settings, classifier = service.settings, service.classifier
    app = create_api(NAME, "Says of a picture what it shows.")
    app.add_middleware(UploadLimit, limit=settings.api_max_upload_bytes)
    if settings.api_cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.api_cors_origins, allow_methods=["GET", "POST"], allow_headers=["*"])

    @app.get("/health")
    async def health() -> dict[str, object]:
        if service.is_loading():
            raise HTTPException(503, "loading")
        return {"status": "ok", "device": classifier.device, "workers": settings.api_workers}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if service.leaving:
            raise HTTPException(LEAVING, "asked to stop")
        if service.is_loading() or classifier.model is None:
            raise HTTPException(503, "loading")
        return {"status": "ready", "model": settings.api_model_name, "version": classifier.model.version}

    @app.post("/api/v1/predict")
    async def predict(file: UploadFile | None = None, image: UploadFile | None = None) -> dict[str, object]:
        """The likeliest classes of a picture, which comes in the field `file` or `image`."""
        if service.is_loading():
            raise HTTPException(503, "loading", {"Retry-After": "5"})
        given = [(name, upload) for name, upload in (("file", file), ("image", image)) if upload is not None]
        if len(given) != 1:
            raise Refusal(422, [Mistake("file", "the form must have one picture, in the field file or image")])
        ((name, picture),) = given
        try:
            return await classifier.predict(await picture.read())
        except NotAnImage as error:
            raise Refusal(422, [Mistake(name, str(error))]) from error
        except NoAnswer as error:
            raise HTTPException(500, "the model gives no number for this picture") from error
        except Busy as error:
            raise HTTPException(503, "too many requests wait", {"Retry-After": "1"}) from error

    measure(app, NAME, lambda: not service.leaving and not service.is_loading(), log_request)
    introduce(app, model=settings.api_model_name)
    return app


def log_request(method: str, path: str, status: int, seconds: float) -> None:
    """A line for each question; checks and scrapes only while debugging."""
    log.log(logging.INFO if method == "POST" else logging.DEBUG, "%s %s %d %.1f ms", method, path, status, seconds * 1000)
