"""What a client may ask, and the question whose answer is known."""

from typing import Annotated

from pydantic import BaseModel, FailFast, Field

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number: no text that looks like one, no NaN, no infinity."""


class Question(BaseModel, extra="forbid"):
    """Rows to score: one number for each column."""

    columns: list[str] = Field(min_length=1, max_length=10_000)
    rows: Annotated[list[Annotated[list[Number], FailFast()]], FailFast()] = Field(min_length=1)


class Predictions(BaseModel):
    """One number for each row."""

    predictions: list[Number] = Field(min_length=1)


class Golden(BaseModel):
    """A question whose answer is known; a difference up to `tolerance` counts as none."""

    request: Question
    response: Predictions
    tolerance: float = Field(gt=0, lt=1)
