"""Variables of all commands: a mode is another command, never another environment."""

from pydantic import Field

from mlstack_common.tracking import TrackingSettings

NAME = r"^[A-Za-z0-9][A-Za-z0-9._ -]*$"
ALIAS = r"^[A-Za-z][A-Za-z0-9_-]*$"


class Settings(TrackingSettings):
    """Which model is meant, and how it is trained."""

    experiment: str = Field("fraud", min_length=1)

    model_name: str = Field("fraud", max_length=255, pattern=NAME)
    model_alias: str = Field("staging", max_length=255, pattern=ALIAS)
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
    promote_to: str | None = Field(None, max_length=255, pattern=ALIAS)
    """Alias that a good version gets by evaluation; default: none."""
    trials: int = Field(20, ge=1, le=1000)
    """Number of models that tuning tries."""

    @property
    def parameters(self) -> dict[str, int | float]:
        """What a model depends on."""
        return {"rows": self.rows, "seed": self.seed, "rounds": self.rounds, "leaves": self.leaves, "learning_rate": self.learning_rate}
