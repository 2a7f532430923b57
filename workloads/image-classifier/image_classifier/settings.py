"""Variables of the commands."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

MEBIBYTE = 2**20
SHARED_MEMORY = "/dev/shm"

FINISH = 3
"""Most seconds that running requests get after a request to stop: Ray stops after them, within the same grace."""


class TrainSettings(BaseSettings):
    """Variables of `classifier-train`: where the models go, and from how many generated images."""

    models_dir: Path = Path("/app/models")
    samples: int = Field(800, ge=100, le=20_000)
    seed: int = Field(7, ge=0, lt=2**32)


class Settings(BaseSettings):
    """Variables of `image-classifier`. Sizes are bytes, times seconds."""

    models_dir: Path = Path("/app/models")
    logs_dir: Path = Path("/app/logs")
    customer_data_dir: Path = Path("/app/customer_data")
    run_dir: Path = Path("/tmp/classifier")
    """Ray's session and the workers' metrics; lost with the container."""

    api_host: str = "0.0.0.0"
    api_port: int = Field(8001, ge=1, le=65535)
    uvicorn_workers: int = Field(4, ge=1, le=32)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    ray_head_service_port: int = Field(6379, ge=1, le=65535)
    object_store_memory: int = Field(512 * MEBIBYTE, ge=80 * MEBIBYTE)

    max_upload_bytes: int = Field(10 * MEBIBYTE, ge=1024, le=100 * MEBIBYTE)
    max_pixels: int = Field(16_000_000, ge=64 * 64, le=100_000_000)
    uploads_memory: int = Field(128 * MEBIBYTE, ge=MEBIBYTE)
    """Bytes of uploads that one worker reads at the same time; further ones wait."""
    request_timeout: float = Field(15, gt=0, le=600)

    audit_max_bytes: int = Field(16 * MEBIBYTE, ge=4096)
    audit_files: int = Field(8, ge=1, le=1000)
    """Files of `audit_max_bytes` that are kept beside the current one."""

    @field_validator("run_dir")
    @classmethod
    def leaves_room_for_sockets(cls, path: Path) -> Path:
        """A socket's path ends at 107 characters, and Ray's own part of it has up to 75."""
        if len(str(path)) > 30:
            raise ValueError(f"must have at most 30 characters, got {len(str(path))}: it holds sockets, whose paths are short")
        return path

    @field_validator("object_store_memory")
    @classmethod
    def fits_into_shared_memory(cls, size: int) -> int:
        """Ray would report it only when an object no longer fits."""
        shared = os.statvfs(SHARED_MEMORY)
        room = shared.f_blocks * shared.f_frsize
        if size > room:
            needs = f"must fit into {SHARED_MEMORY} ({room // MEBIBYTE} MiB), got {size // MEBIBYTE} MiB"
            raise ValueError(f"{needs}; give the container more shared memory or the store less")
        return size
