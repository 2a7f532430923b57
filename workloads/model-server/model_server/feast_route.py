"""`POST /predict/feast`: scores entities whose features the server looks up. In the image that has Feast only."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import anyio
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, BeforeValidator, FailFast, Field

from mlstack_common.refusal import Mistake, Refusal
from model_server.errors import Unavailable, Unknown
from model_server.question import Question

if TYPE_CHECKING:
    from model_server.service import ModelService

SIDE_BY_SIDE = 8
"""Most lookups at a time. They have their own threads: while a store does not answer, `/predict` needs the others."""

NAMED = 20
"""Most entities, or keys, that one answer names."""

UNNAMED = ""
"""Key of entities that came as a list: the one join key there is."""


def parse(value: object) -> datetime | None:
    """A time as text, since a number would be read as seconds. A time without a zone is UTC, as all times of the features are."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None:
        raise ValueError("must be a time such as 2026-01-05T12:00:00Z")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def by_join_key(value: object) -> object:
    """A list is the values of the one join key, which the registry names."""
    return {UNNAMED: value} if isinstance(value, list) else value


Key = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]


class Entities(BaseModel, extra="forbid"):
    """Which entities to score, by join key or as a list where there is one, and as of which time: without one, now."""

    time_point: Annotated[datetime | None, BeforeValidator(parse)] = None
    entities: Annotated[dict[str, Annotated[list[Key], FailFast()]], BeforeValidator(by_join_key)] = Field(
        examples=[[1, 2, 3], {"account_id": [1, 2, 3]}]
    )

    def keys(self, join_keys: list[str]) -> dict[str, list[int]]:
        """The entities by join key, whichever form they came in."""
        if UNNAMED in self.entities and len(self.entities) == 1 and len(join_keys) == 1:
            return {join_keys[0]: self.entities[UNNAMED]}
        return self.entities

    def place(self, join_key: str, position: int) -> str:
        """Where an entity is in the request."""
        return f"entities.{position}" if UNNAMED in self.entities else f"entities.{join_key}.{position}"

    def mistakes(self, join_keys: list[str], most: int) -> list[Mistake]:
        """What is wrong with the entities, all of it."""
        if UNNAMED in self.entities and len(join_keys) > 1:
            return [Mistake("entities", f"must have a list for each join key: {', '.join(join_keys)}")]
        lengths = {name: len(keys) for name, keys in self.keys(join_keys).items()}
        lacking = [name for name in join_keys if name not in lengths]
        unknown = [name for name in lengths if name not in join_keys]
        wrong = [f"missing {', '.join(lacking)}"] if lacking else []
        wrong += [f"not known {', '.join(unknown[:NAMED])}; the join keys are {', '.join(join_keys)}"] if unknown else []
        if len(set(lengths.values())) > 1:
            wrong.append(f"unequal lengths {', '.join(f'{name} {length}' for name, length in list(lengths.items())[:NAMED])}")
        if any(length == 0 for length in lengths.values()):
            wrong.append("must name at least one")
        if (longest := max(lengths.values(), default=0)) > most:
            wrong.append(f"{longest} are given, at most {most} are answered at once")
        return [Mistake("entities", one) for one in wrong]


def add_feast_route(app: FastAPI, service: "ModelService") -> None:
    """Adds the route; it answers once the model and the feature service are loaded."""
    limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
    metrics = service.metrics
    assert metrics.features is not None, "a server with a feature store counts what it looks up"
    model = {"model": service.settings.model_name, "version": str(service.settings.model_version)}

    def answer(question: Entities) -> dict[str, object]:
        features = service.features
        if service.model is None or features is None:
            raise HTTPException(503, service.problem)
        if wrong := question.mistakes(features.join_keys, service.settings.max_rows):
            raise Refusal(422, wrong)
        try:
            found = features.rows(question.keys(features.join_keys), question.time_point)
        except Unavailable as error:
            raise HTTPException(503, str(error)) from error
        except Unknown as error:
            metrics.features.missed(len(error.positions))
            raise Refusal(422, [unknown(question, features.join_keys, position) for position in error.positions]) from error
        predictions = service.answer(service.model, Question.model_construct(columns=features.columns, rows=found.rows))
        sources = {"online": found.online, "history": found.history}
        metrics.features.read("online", found.online, found.made)
        metrics.features.read("history", found.history)
        return {"predictions": predictions, **model, "features": sources}

    @app.post("/predict/feast")
    async def predict_entities(question: Entities) -> dict[str, object]:
        """Scores entities whose features are looked up, as of a time; a time without a zone is UTC."""
        return await anyio.to_thread.run_sync(answer, question, limiter=limiter)


def unknown(question: Entities, join_keys: list[str], position: int) -> Mistake:
    """The mistake of an entity that has no features."""
    keys = question.keys(join_keys)
    name = ", ".join(f"{key} {keys[key][position]}" for key in join_keys)
    when = f"at or before {question.time_point.isoformat()}" if question.time_point else "at all"
    return Mistake(question.place(join_keys[0], position), f"{name} has no features {when}")
