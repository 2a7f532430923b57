"""The HTTP interface of one worker."""

import asyncio
import math
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np
import ray
from fastapi import FastAPI, HTTPException, UploadFile
from starlette.formparsers import MultiPartParser

from image_classifier.audit import Audit, now
from image_classifier.files import NAMES
from image_classifier.images import Refused, check_type, decode
from image_classifier.metrics import NAME, PREDICTIONS
from image_classifier.models import Models, Unavailable
from image_classifier.samples import LABELS
from image_classifier.settings import Settings
from image_classifier.uploads import Uploads
from mlstack_common.about import introduce
from mlstack_common.api import create_api
from mlstack_common.measure import measure
from mlstack_common.refusal import Mistake, Refusal
from mlstack_common.timing import LEAVING

Ask = Callable[[np.ndarray], Awaitable[dict[str, float]]]


def create_app(settings: Settings, models: Models) -> FastAPI:
    """The application; `models` is connected already, so that a worker that listens can answer."""
    audit = Audit(settings)
    # One at a time: a decoded image is large, and there are more workers than cores.
    decoding = asyncio.Lock()
    # Uploads stay in memory, where `Uploads` counts them; the folder for temporary files is small.
    MultiPartParser.spool_max_size = settings.max_upload_bytes + 1

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watches = [asyncio.create_task(models.watch(name)) for name in NAMES]
        yield
        for task in watches:
            task.cancel()

    app = create_api(NAME, "Tells from a picture of an eye whether it has a cataract.", lifespan=lifespan)
    app.state.leaving = False

    @app.get("/health")
    async def health() -> dict[str, object]:
        return {
            "status": "degraded" if models.not_ready() else "ok",
            "ray_initialized": ray.is_initialized(),
            "ray_workers_available": models.available,
            "timestamp": now(),
            "models": {name: models.states.get(name) for name in NAMES},
        }

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if problem := problem_now():
            raise HTTPException(LEAVING if app.state.leaving else 503, problem)
        return {"status": "ready"}

    @app.post("/predict_clip")
    async def predict_clip(file: UploadFile) -> dict[str, object]:
        return await answer("clip", file, one("clip"))

    @app.post("/predict_lgbm")
    async def predict_lgbm(file: UploadFile) -> dict[str, object]:
        return await answer("lgbm", file, one("lgbm"))

    @app.post("/predict_ensemble")
    async def predict_ensemble(file: UploadFile) -> dict[str, object]:
        return await answer("ensemble", file, models.ensemble)

    def problem_now() -> str | None:
        return "asked to stop" if app.state.leaving else models.not_ready()

    def one(name: str) -> Ask:
        async def ask(pixels: np.ndarray) -> dict[str, float]:
            return {name: await models.predict(name, pixels)}

        return ask

    async def answer(name: str, file: UploadFile, ask: Ask) -> dict[str, object]:
        """Checks the upload, asks, and records the answer before it is given."""
        request_id = uuid.uuid4().hex
        try:
            check_type(file.content_type)
            data = await file.read()
            if len(data) > settings.max_upload_bytes:
                raise Refused(413, f"must have at most {settings.max_upload_bytes} bytes, got {len(data)}")
            async with decoding:
                pixels = await asyncio.to_thread(decode, data, settings.max_pixels)
            verdicts = {model: verdict(probability) for model, probability in numbers(await ask(pixels)).items()}
            whole = verdict(sum(each["probability"] for each in verdicts.values()) / len(verdicts))
            result = {"model": name, **whole, "models": verdicts}
            await audit.record(request_id, data, result)
        except Refused as refused:
            raise Refusal(refused.status, [Mistake("file", refused.detail)]) from None
        except Unavailable as unavailable:
            raise HTTPException(503, str(unavailable), {"Retry-After": "1"}) from None
        except OSError as error:  # an answer without a record of it is not given
            raise HTTPException(503, f"the prediction cannot be recorded: {error.strerror}", {"Retry-After": "1"}) from None
        for model, each in (*verdicts.items(), *([] if name in verdicts else [(name, whole)])):
            PREDICTIONS.labels(model, each["label"]).inc()
        return {**result, "request_id": request_id}

    app.add_middleware(Uploads, settings.max_upload_bytes, settings.uploads_memory, settings.request_timeout)
    measure(app, NAME, lambda: problem_now() is None)
    introduce(app, labels=LABELS)
    return app


def numbers(answers: dict[str, float]) -> dict[str, float]:
    """The answers, which must be numbers: one that is none is above no limit, and would read as the better news."""
    for model, probability in answers.items():
        if not math.isfinite(probability):
            raise HTTPException(500, f"{model}: gives {probability}, which is no probability")
    return answers


def verdict(probability: float) -> dict[str, object]:
    """The label, and the probability, 0 to 1, of a cataract."""
    return {"label": LABELS[probability > 0.5], "probability": probability}
