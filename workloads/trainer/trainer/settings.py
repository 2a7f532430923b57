"""Variables of the trainer. The platform, or torchrun, sets those that give a process its rank."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings


class Ranks(BaseSettings):
    """Which of all processes this one is."""

    rank: int = Field(0, ge=0)
    local_rank: int = Field(0, ge=0)
    world_size: int = Field(1, ge=1)
    master_addr: str = "127.0.0.1"
    master_port: int = Field(29500, ge=1, le=65535)
    rendezvous_timeout: int = Field(300, ge=1)
    """Seconds to wait for the others; longer than the slowest restart of one of them."""
    collective_timeout: int = Field(20, ge=1)
    """Seconds after which a step that waits for a lost peer fails."""

    @model_validator(mode="after")
    def rank_is_below_world_size(self) -> "Ranks":
        if self.rank >= self.world_size:
            raise ValueError(f"RANK: must be below WORLD_SIZE ({self.world_size}), got {self.rank}")
        return self


class Settings(Ranks):
    """What is trained on what, and how."""

    feature_store_backend: Literal["parquet"] = "parquet"
    storage_base_dir: Path = Path("/app/data/features")
    checkpoint_dir: Path = Path("/app/checkpoints")
    epochs: int = Field(20, ge=1)
    checkpoint_every: int = Field(1, ge=1)
    learning_rate: float = Field(0.02, gt=0)
    hidden: int = Field(32, ge=1, le=4096)
    seed: int = Field(7, ge=0)
    metrics_port: int = Field(9400, ge=0, le=65000)
    """Port of `GET /metrics`; a further process of the same member takes the next; 0: none."""
    epoch_seconds: float = Field(0.0, ge=0)
    """Least time one epoch takes; stretches a small run to the length of a large one."""
