"""A feature store whose registry is elsewhere, with a limit of time for every call."""

from pathlib import Path

import dask
import grpc
from feast import FeatureStore, RepoConfig
from feast.infra.registry.remote import RemoteRegistry
from feast.protos.feast.registry.RegistryServer_pb2_grpc import RegistryServerStub

from mlstack_common.deadline import Deadline

CALL = 10.0
"""Most seconds of one call to the registry."""

# Further threads only slow a small join down, and can keep a process from ending.
dask.config.set(scheduler="synchronous")


class Store(FeatureStore):
    """Feast's, with deadlines."""

    def _create_registry(self) -> RemoteRegistry:
        registry = RemoteRegistry(self.config.registry, self.config.project, None, self.config.auth_config)
        registry.stub = RegistryServerStub(grpc.intercept_channel(registry.channel, Deadline(CALL)))
        return registry


def open_store(uri: str, project: str, folder: Path, online: dict[str, object]) -> Store:
    """A store that has connected to nothing yet, whose files are in `folder`."""
    config = RepoConfig(
        project=project,
        provider="local",
        registry={"registry_type": "remote", "path": uri},
        online_store=online,
        offline_store="dask",
        entity_key_serialization_version=3,
    )
    config.repo_path = folder
    return Store(config=config, repo_path=str(folder))
