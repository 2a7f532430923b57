"""`image-api-dev`: the same API with reload on change and a debugger, for one developer."""

import logging
import os
import sys
from pathlib import Path

from pydantic import Field, field_validator

from image_api import log_places
from image_api.settings import Settings, check_checkpoint
from mlstack_common.ending import run
from mlstack_common.settings import read
from mlstack_common.shared_state import SharedState
from mlstack_common.timing import FINISH


class DevSettings(Settings):
    """Further variables of development. There is one worker, whatever `API_WORKERS` is."""

    api_source_dir: Path = Path("/src")
    """Folder that holds the package `image_api`; it is read only."""
    api_debug_port: int = Field(5678, ge=1, le=65535)
    log_level: str = Field("DEBUG", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("api_source_dir")
    @classmethod
    def holds_the_package(cls, folder: Path) -> Path:
        if not (folder / "image_api" / "__init__.py").is_file():
            raise ValueError(f"no package image_api in {folder}; mount the folder that holds it there")
        return folder


def create():
    """The application, made again in each new process."""
    from image_api.service import ImageService
    from mlstack_common.worker import Place

    settings = read(DevSettings).model_copy(update={"api_workers": 1})
    log_places.start(settings)
    service = ImageService(settings, Place(1, SharedState(1)))
    service.start(end)
    return service.app


def end(code: int, reason: str) -> None:
    """Ends the server; an edit starts it again."""
    logging.getLogger("image-api").error("%s", reason)
    logging.shutdown()
    os._exit(code)


def serve() -> None:
    """Serves, watches the source, and starts a new process after each edit; the debugger follows."""
    settings = read(DevSettings)
    check_checkpoint(settings)
    import debugpy
    import uvicorn
    from uvicorn.supervisors.statreload import StatReload

    log_places.start(settings)
    sys.path.insert(0, str(settings.api_source_dir))
    # In this process, which stays: each new server process joins the session of the debugger by itself.
    debugpy.listen((settings.api_host, settings.api_debug_port))
    config = uvicorn.Config(
        "image_api.dev:create",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        reload=True,
        reload_dirs=[str(settings.api_source_dir / "image_api")],
        timeout_graceful_shutdown=FINISH,
    )
    # Compares the files' times: events of the file system do not pass every kind of mount.
    StatReload(config, target=uvicorn.Server(config).run, sockets=[config.bind_socket()]).run()


def main() -> None:
    run(serve)
