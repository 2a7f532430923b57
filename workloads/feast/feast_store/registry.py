"""`feast-registry`: applies the definitions to the registry's file and serves it over gRPC."""

import signal
import socket
import sys
import threading
import time
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from feast_store.views import PROJECT, SERVICE
from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read

GRACE = 3
"""Most seconds that running calls get after a request to stop."""


class Settings(BaseSettings):
    """Variables of the command."""

    model_name: str = Field(SERVICE, min_length=1)
    """Name of the feature service."""
    feast_project: str = Field(PROJECT, pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$")
    registry_path: Path = Path("/registry/registry.db")
    registry_port: int = Field(6566, ge=1, le=65535)


def serve() -> None:
    """Serves until it is asked to stop."""
    started = time.monotonic()
    settings = read(Settings)
    stopped = threading.Event()
    # Feast takes seconds to import; a request to stop need not wait for them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from google.protobuf.message import DecodeError

    check_port(settings.registry_port)
    try:
        server = start(settings)
    except DecodeError as error:
        raise Failure(
            Exit.DATA, f"{settings.registry_path}: is not a registry; move it away (a new one is made), then run feast-materialize"
        ) from error
    except OSError as error:
        raise Failure(Exit.DATA, f"{settings.registry_path}: {first_line(error)}; mount a volume that user 10001 owns") from error
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    print(f"serving {settings.registry_path} on port {settings.registry_port}, started in {time.monotonic() - started:.2f} s")
    stopped.wait()
    server.stop(GRACE).wait()


def check_port(port: int) -> None:
    """Refuses a taken port: the server itself can share one with another server, and then each gets some of the calls."""
    try:
        socket.create_server(("", port)).close()
    except OSError as error:
        raise Failure(Exit.NOT_STARTED, f"REGISTRY_PORT: cannot listen on {port}: {error.strerror}") from error


def start(settings: Settings):
    """Applies the definitions, which changes nothing where they are applied already, and starts Feast's server."""
    from feast import FeatureStore, RepoConfig
    from feast.registry_server import start_server

    from feast_store.definitions import definitions

    registry = {
        "registry_type": "file",
        "registry_store_type": "feast_store.registry_file.WholeFileRegistryStore",
        "path": str(settings.registry_path),
        "cache_ttl_seconds": 0,  # this process alone writes the file: what it holds in memory never expires
    }
    config = RepoConfig(
        project=settings.feast_project, provider="local", registry=registry, online_store=None, offline_store="dask", entity_key_serialization_version=3
    )
    store = FeatureStore(config=config, repo_path=str(settings.registry_path.parent))
    store.apply(definitions(settings.model_name))
    return start_server(store, settings.registry_port, wait_for_termination=False)


def main() -> None:
    run(serve)
