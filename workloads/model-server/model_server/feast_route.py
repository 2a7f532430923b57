"""`POST /predict/feast`: scores entities whose features the server looks up. In the image that has Feast only."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import anyio
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, BeforeValidator, FailFast, Field

from model_server.errors import Unavailable, Unknown
from model_server.question import Question

if TYPE_CHECKING:
    from model_server.service import ModelService

SIDE_BY_SIDE = 8
"""Most lookups at a time. They have their own threads: while a store does not answer, `/predict` needs the others."""

NAMED = 20
"""Most mistakes that one answer names."""


def parse(value: object) -> datetime | None:
    """A time as text: a number would be read as seconds, and a time without a zone is ambiguous."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None:
        raise ValueError("must be a time such as 2026-01-05T12:00:00Z")
    if time.tzinfo is None:
        raise ValueError("must say its time zone, as 2026-01-05T12:00:00Z does")
    return time


Key = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]


class Entities(BaseModel, extra="forbid"):
    """Which entities to score, and as of which time: without one, now."""

    time_point: Annotated[datetime | None, BeforeValidator(parse)] = None
    entities: dict[str, Annotated[list[Key], FailFast()]]

    def mistakes(self, join_keys: list[str], most: int) -> list[str]:
        """What is wrong with the entities, all of it."""
        lengths = {name: len(keys) for name, keys in self.entities.items()}
        lacking = [name for name in join_keys if name not in lengths]
        unknown = [name for name in lengths if name not in join_keys]
        wrong = [f"entities: missing {', '.join(lacking)}"] if lacking else []
        wrong += [f"entities: not known {', '.join(unknown[:NAMED])}; the join keys are {', '.join(join_keys)}"] if unknown else []
        if len(set(lengths.values())) > 1:
            wrong.append(f"entities: unequal lengths {', '.join(f'{name} {length}' for name, length in list(lengths.items())[:NAMED])}")
        if any(length == 0 for length in lengths.values()):
            wrong.append("entities: must name at least one")
        if (longest := max(lengths.values(), default=0)) > most:
            wrong.append(f"entities: {longest} are given, at most {most} are answered at once")
        return wrong


def feast_route(service: "ModelService") -> APIRouter:
    """The route; it answers once the model and the feature service are loaded."""
    router = APIRouter()
    limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
    metrics = service.metrics
    model = {"model": service.settings.model_name, "version": str(service.settings.model_version)}

    def answer(question: Entities) -> dict[str, object]:
        features = service.features
        if service.model is None or features is None:
            raise HTTPException(503, service.problem)
        if wrong := question.mistakes(features.join_keys, service.settings.max_rows):
            raise HTTPException(422, wrong)
        try:
            found = features.rows(question.entities, question.time_point)
        except Unavailable as error:
            raise HTTPException(503, str(error)) from error
        except Unknown as error:
            raise HTTPException(422, [unknown(question, features.join_keys, position) for position in error.positions[:NAMED]]) from error
        predictions = service.model.predict(Question.model_construct(columns=features.columns, rows=found.rows))
        sources = {"online": found.online, "history": found.history}
        metrics.rows.inc(len(predictions))
        for source, rows in sources.items():
            metrics.count_features(source, rows)
        return {"predictions": predictions, **model, "features": sources}

    @router.post("/predict/feast")
    async def predict(question: Entities) -> dict[str, object]:
        return await anyio.to_thread.run_sync(answer, question, limiter=limiter)

    return router


def unknown(question: Entities, join_keys: list[str], position: int) -> str:
    """The mistake of an entity that has no features."""
    name = ", ".join(f"{key} {question.entities[key][position]}" for key in join_keys)
    when = f"at or before {question.time_point.isoformat()}" if question.time_point else "at all"
    places = ", ".join(f"entities.{key}.{position}" for key in join_keys)
    return f"{places}: {name} has no features {when}"
