"""`image-api-dev`: the same API with reload on change and a debugger, for one developer."""

import sys
from pathlib import Path

from pydantic import Field, field_validator

from image_api import logs
from image_api.settings import Settings, read


class DevSettings(Settings):
    """What the environment says in development. There is one worker, whatever `API_WORKERS` says."""

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
    """The application, made anew in each new process."""
    from image_api.app import create_app
    from image_api.classifier import Classifier
    from image_api.fleet import Fleet

    settings = read(DevSettings).model_copy(update={"api_workers": 1})
    logs.start(settings.api_log_dir, settings.log_level)
    fleet = Fleet(1)
    classifier = Classifier(settings)
    classifier.start(then=lambda: fleet.has_loaded(0))
    return create_app(settings, classifier, fleet)


def main() -> None:
    """Serves, watches the source, and starts a new process after each edit; the debugger follows."""
    settings = read(DevSettings)
    import debugpy
    import uvicorn
    from uvicorn.supervisors.statreload import StatReload

    from image_api.server import FINISH

    logs.start(settings.api_log_dir, settings.log_level)
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
    # Looks at the files' times: events of the file system do not pass every kind of mount.
    StatReload(config, target=uvicorn.Server(config).run, sockets=[config.bind_socket()]).run()
