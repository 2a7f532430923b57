"""Variables of the API."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode

from image_api import device
from image_api.catalogue import WIDTHS

WRONG_SETTINGS = 2
NO_CHECKPOINT = 4

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|\*")
Any = TypeVar("Any", bound="Settings")


class Settings(BaseSettings):
    """What the environment says."""

    api_checkpoint_path: Path = Path("/app/models/model.pt")
    api_model_name: str = "catnet-small"
    api_num_classes: int = Field(67, ge=2, le=10_000)
    api_image_size: int = Field(224, ge=32, le=1024)
    """Side, in pixels, of the square that the model sees."""
    api_device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    api_host: str = "0.0.0.0"
    api_port: int = Field(8000, ge=1, le=65535)
    api_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins, separated by commas, whose pages may ask."""
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
    def is_there(cls, name: str) -> str:
        if problem := device.problem(name):
            raise ValueError(problem)
        return name

    @field_validator("api_log_dir", "api_cache_dir")
    @classmethod
    def is_writable(cls, folder: Path) -> Path:
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            what = "cannot be written" if folder.is_dir() else "is not there"
            raise ValueError(f"{folder} {what}; mount a volume there that user {os.getuid()} may write")
        return folder


def read(settings: type[Any]) -> Any:
    """The variables; mistakes end the program with all of them, one line each."""
    try:
        found = settings()
    except ValidationError as error:
        for mistake in error.errors(include_url=False):
            name = f"{str(mistake['loc'][0]).upper()}: " if mistake["loc"] else ""
            own = mistake["type"] == "value_error"
            text = mistake["msg"].removeprefix("Value error, ") + ("" if own else f", got {mistake['input']!r}")
            print(f"{name}{text}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    path = found.api_checkpoint_path
    if not path.is_file() or not os.access(path, os.R_OK):
        remedy = "put the file into the models folder, or make a stand-in with image-api-checkpoint"
        print(f"API_CHECKPOINT_PATH: no file {path} that user {os.getuid()} may read; {remedy}", file=sys.stderr)
        sys.exit(NO_CHECKPOINT)
    return found
