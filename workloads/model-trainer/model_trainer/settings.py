"""Variables of all commands: a mode is another command, never another environment."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from mlstack_common.tracking import ModelName, TrackingSettings


def not_reserved(alias: str) -> str:
    """MLflow refuses these, and only after the training."""
    if re.fullmatch("latest|v[0-9]+", alias, re.IGNORECASE):
        raise ValueError(f"must not be latest, nor v and a number, which MLflow reserves, got {alias!r}")
    return alias


Alias = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(not_reserved)]


class Settings(TrackingSettings):
    """Which model is meant, and how it is trained."""

    experiment: str = Field("fraud", min_length=1)

    model_name: ModelName = "fraud"
    model_alias: Alias = "staging"
    """The alias that training sets and evaluation reads."""

    rows: int = Field(20_000, ge=1000, le=5_000_000)
    holdout_rows: int = Field(5_000, ge=500, le=5_000_000)
    """Rows to measure on, which no training has seen."""
    seed: int = Field(7, ge=0, le=2**31)
    """The same seed, rows and parameters give the same model, byte by byte."""
    rounds: int = Field(200, ge=1, le=10_000)
    leaves: int = Field(15, ge=2, le=1024)
    learning_rate: float = Field(0.05, gt=0, le=1)
    threads: int = Field(1, ge=1, le=64)
    """Threads of training; another number may change a model in its last digits."""

    min_auc: float = Field(0.8, ge=0, le=1)
    """Evaluation fails below it."""
    promote_to: Alias | None = None
    """Alias that a good version gets by evaluation; default: none."""
    trials: int = Field(20, ge=1, le=1000)
    """Number of models that tuning tries."""

    @property
    def parameters(self) -> dict[str, int | float]:
        """What a model depends on."""
        return {"rows": self.rows, "seed": self.seed, "rounds": self.rounds, "leaves": self.leaves, "learning_rate": self.learning_rate}
