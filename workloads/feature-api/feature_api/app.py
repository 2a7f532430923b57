"""The HTTP interface."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import numpy as np
from fastapi import FastAPI, HTTPException, Path, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field, model_validator

from feature_api.features import Features
from feature_api.metrics import REQUESTS, SECONDS
from feature_api.settings import Settings

AccountId = Annotated[int, Field(ge=0, le=2**53)]


class Question(BaseModel, extra="forbid"):
    """Whom to score: accounts by id, or features that the caller brings."""

    id: AccountId | None = None
    ids: list[AccountId] | None = Field(None, min_length=1, max_length=1000)
    features: dict[str, float] | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> "Question":
        if sum(field is not None for field in (self.id, self.ids, self.features)) != 1:
            raise ValueError("give exactly one of id, ids, features")
        return self


def create_app(settings: Settings) -> FastAPI:
    """The application; the feature files are read when it is made, so that a worker which answers is a ready one."""
    features = Features(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = await features.start()
        yield
        if watching and features.redis:
            watching.cancel()
            await features.redis.close()

    app = FastAPI(title="feature-api", lifespan=lifespan)
    app.state.leaving = False

    @app.middleware("http")
    async def measured(request: Request, call_next) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        route = request.scope.get("route")
        path = route.path if route else "other"
        SECONDS.labels(path).observe(time.perf_counter() - started)
        REQUESTS.labels(path, response.status_code).inc()
        return response

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "backend": features.backend, "redis": features.redis_state}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if problem := "asked to stop" if app.state.leaving else features.not_ready():
            raise HTTPException(503, problem)
        return {"status": "ready", "version": features.parquet.version if features.parquet else ""}

    @app.get("/features/{account}")
    async def read(account: Annotated[int, Path(ge=0, le=2**53)]) -> dict[str, object]:
        found = await features.get([account])
        if account not in found.features:
            raise HTTPException(404, f"no account {account}")
        return {"id": account, "features": named(found.features[account]), "source": found.source}

    @app.post("/predict")
    async def predict(question: Question) -> dict[str, object]:
        if features.model is None or features.parquet is None:
            raise HTTPException(503, features.not_ready())
        if question.features is not None:
            return {"score": features.model.score(given(question.features)), "source": "request"}
        ids = question.ids if question.ids is not None else [question.id or 0]
        found = await features.get(ids)
        if missing := [account for account in ids if account not in found.features]:
            raise HTTPException(404, f"no account {', '.join(map(str, missing[:10]))}")
        scores = [{"id": account, "score": features.model.score(found.features[account])} for account in ids]
        return {**scores[0], "source": found.source} if question.ids is None else {"scores": scores, "source": found.source}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def named(values: np.ndarray) -> dict[str, float]:
        names = features.parquet.names if features.parquet else [f"f{index:02}" for index in range(len(values))]
        return dict(zip(names, map(float, values), strict=True))

    def given(values: dict[str, float]) -> np.ndarray:
        names = features.parquet.names if features.parquet else []
        if set(values) != set(names):
            raise HTTPException(422, f"features must be exactly {', '.join(names)}")
        return np.array([values[name] for name in names], np.float32)

    return app
