"""The HTTP interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import numpy as np
from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, Field, model_validator

from feature_api.features import Features, Found, NoFeatures
from feature_api.metrics import NAME
from mlstack_common.about import introduce
from mlstack_common.api import Number32, create_api
from mlstack_common.measure import measure
from mlstack_common.refusal import Mistake, Refusal
from mlstack_common.timing import LEAVING

MOST = 2**53
"""The largest id: the last whole number that every reader of JSON tells from the next."""

AccountId = Annotated[int, Field(strict=True, ge=0, le=MOST)]


class Question(BaseModel, extra="forbid"):
    """What to score: accounts by id, or features that the caller gives."""

    id: AccountId | None = None
    ids: list[AccountId] | None = Field(None, min_length=1, max_length=1000)
    features: dict[str, Number32] | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> "Question":
        if sum(field is not None for field in (self.id, self.ids, self.features)) != 1:
            raise ValueError("give exactly one of id, ids, features")
        return self


def create_app(features: Features) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = await features.start()
        yield
        if watch and features.redis:
            watch.cancel()
            await features.redis.close()

    app = create_api(NAME, "Features of accounts, and scores of how likely each is a fraud.", lifespan=lifespan)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "backend": features.backend, "redis": features.redis_state}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if problem := features.problem_now():
            raise HTTPException(LEAVING if features.leaving else 503, problem)
        return {"status": "ready", "version": features.parquet.version if features.parquet else ""}

    @app.get("/features/{account}")
    async def read(account: Annotated[int, Path(ge=0, le=MOST)]) -> dict[str, object]:
        found = await look_up([account])
        if account not in found.features:
            raise HTTPException(404, f"no account {account}")
        return {"id": account, "features": by_name(found.features[account]), "source": found.source, "version": found.version}

    @app.post("/predict")
    async def predict(question: Question) -> dict[str, object]:
        if features.model is None or features.parquet is None:
            raise HTTPException(503, features.problem_now())
        if question.features is not None:
            return {"score": features.model.score(vector_of(question.features)), "source": "request", "version": features.parquet.version}
        ids = question.ids if question.ids is not None else [question.id or 0]
        found = await look_up(ids)
        if missing := [account for account in ids if account not in found.features]:
            raise HTTPException(404, f"no account {', '.join(map(str, missing[:10]))}")
        scores = [{"id": account, "score": features.model.score(found.features[account])} for account in ids]
        origin = {"source": found.source, "version": found.version}
        return {**scores[0], **origin} if question.ids is None else {"scores": scores, **origin}

    async def look_up(ids: list[int]) -> Found:
        try:
            return await features.get(ids)
        except NoFeatures as error:
            raise HTTPException(503, str(error)) from error

    def by_name(values: np.ndarray) -> dict[str, float]:
        names = features.parquet.names if features.parquet else [f"f{index:02}" for index in range(len(values))]
        return dict(zip(names, map(float, values), strict=True))

    def vector_of(values: dict[str, float]) -> np.ndarray:
        names = features.parquet.names if features.parquet else []
        if set(values) != set(names):
            raise Refusal(422, [Mistake("features", f"must be exactly {', '.join(names)}")])
        return np.array([values[name] for name in names], np.float32)

    measure(app, NAME, lambda: features.problem_now() is None)
    introduce(app)
    return app
