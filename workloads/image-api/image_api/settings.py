"""Variables of the API."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from image_api import device
from image_api.catalogue import WIDTHS
from mlstack_common.ending import Exit, Failure

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|\*")


class Settings(BaseSettings):
    """The model, how it is served, and where files are."""

    api_checkpoint_path: Path = Path("/app/models/model.pt")
    api_model_name: str = Field("catnet-small", json_schema_extra={"enum": [*WIDTHS]})
    api_num_classes: int = Field(67, ge=2, le=10_000)
    api_image_size: int = Field(224, ge=32, le=1024)
    """Side, in pixels, of the square that the model sees."""
    api_device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    api_host: str = "0.0.0.0"
    api_port: int = Field(8000, ge=1, le=65535)
    api_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call the API, separated by commas."""
    api_workers: int = Field(1, ge=1, le=64)
    api_max_upload_bytes: int = Field(10 * 2**20, ge=1024)
    api_cache_entries: int = Field(10_000, ge=0)
    """Most answers that are kept; 0 keeps none."""
    api_log_dir: Path = Path("/app/logs")
    api_cache_dir: Path = Path("/app/cache")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    load_seconds: float = Field(0.0, ge=0, le=3600)
    """Least time the load of the model takes; stretches a small load to the length of a large one."""

    @field_validator("api_model_name")
    @classmethod
    def is_known(cls, name: str) -> str:
        if name not in WIDTHS:
            raise ValueError(f"must be one of {', '.join(WIDTHS)}, got {name!r}")
        return name

    @field_validator("api_cors_origins", mode="before")
    @classmethod
    def are_origins(cls, text: str | tuple[str, ...]) -> tuple[str, ...]:
        origins = tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text
        if wrong := [origin for origin in origins if not ORIGIN.fullmatch(origin)]:
            raise ValueError(f"must be origins such as https://cats.example.com, without a path, got {', '.join(wrong)}")
        return origins

    @field_validator("api_device")
    @classmethod
    def exists(cls, name: str) -> str:
        if problem := device.problem(name):
            raise ValueError(problem)
        return name

    @field_validator("api_log_dir", "api_cache_dir")
    @classmethod
    def is_writable(cls, folder: Path) -> Path:
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            what = "cannot be written" if folder.is_dir() else "does not exist"
            raise ValueError(f"{folder} {what}; mount a volume there that user {os.getuid()} may write")
        return folder


def check_checkpoint(settings: Settings) -> None:
    """Refuses a checkpoint that is missing, before anything is loaded."""
    path = settings.api_checkpoint_path
    if not path.is_file() or not os.access(path, os.R_OK):
        remedy = "put the file into the models folder, or make a stand-in with image-api-checkpoint"
        raise Failure(Exit.DATA, f"API_CHECKPOINT_PATH: no file {path} that user {os.getuid()} may read; {remedy}")
