"""Feast's client for a server: every call has a limit of time, and a lost connection is opened again.

In the image that has Feast only.
"""

import logging

import dask
import grpc
from feast import FeatureStore, RepoConfig
from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from feast.infra.registry.remote import RemoteRegistry
from feast.protos.feast.registry.RegistryServer_pb2_grpc import RegistryServerStub
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mlstack_common.data_sets import DataSet, current_or_none
from mlstack_common.deadline import Deadline
from mlstack_common.feast_keys import suffix_of
from model_server.settings import Settings

TIMEOUT = 2.0
"""Most seconds of one call to the registry or to Redis."""

# A join of a few rows gains nothing from further threads, and the server answers side by side already.
dask.config.set(scheduler="synchronous")
# It warns of a setting below that works as documented with this kind of registry.
logging.getLogger("feast.repo_config").setLevel(logging.ERROR)


class Store(FeatureStore):
    """Feast's, with deadlines, on one version of the data."""

    data: DataSet | None = None
    """The version whose files and values are read; None where the files have no manifest."""

    @property
    def is_gone(self) -> bool:
        """Whether the files have been removed, as they are when two further versions were written."""
        return self.data is not None and not self.data.folder.is_dir()

    def _create_registry(self) -> RemoteRegistry:
        registry = RemoteRegistry(self.config.registry, self.config.project, None, self.config.auth_config)
        registry.stub = RegistryServerStub(grpc.intercept_channel(registry.channel, Deadline(TIMEOUT)))
        return registry

    def reconnect(self) -> None:
        """Takes a new connection for the next call: a broken one waits longer and longer, up to minutes, by itself."""
        self._registry = None


class QuickRedisOnlineStoreConfig(RedisOnlineStoreConfig):
    """Where Redis is. Feast's own connection string cannot hold every password."""

    type: str = "model_server.feast_store.QuickRedisOnlineStore"
    host: str
    port: int
    password: str | None = None
    data_set: str | None = None
    """Id of the data set that is read, which is part of each key."""


class QuickRedisOnlineStore(RedisOnlineStore):
    """Feast's, with a client that fails soon and does not try again: the caller of the server does."""

    def _get_client(self, online_store_config: QuickRedisOnlineStoreConfig) -> Redis:
        if self._client is None:
            self._client = Redis(
                online_store_config.host,
                online_store_config.port,
                password=online_store_config.password,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            )
        return self._client

    def _generate_redis_keys_for_entities(self, config, entity_keys) -> list[bytes]:
        return [key + suffix_of(config.online_store.data_set) for key in super()._generate_redis_keys_for_entities(config, entity_keys)]


def open_store(settings: Settings) -> Store:
    """A store on the current version of the data that has connected to nothing yet."""
    data = current_or_none(settings.feast_data)
    folder = data.folder if data else settings.feast_data
    online = {
        "type": "model_server.feast_store.QuickRedisOnlineStore",
        "host": settings.redis_host,
        "port": settings.redis_port,
        "password": settings.redis_password.get_secret_value() if settings.redis_password else None,
        "data_set": data.id if data else None,
    }
    # A view that is just being materialized answers with what it has.
    registry = {"registry_type": "remote", "path": settings.feast_registry_uri, "serve_features_while_materializing": True}
    config = RepoConfig(
        project=settings.feast_project,
        provider="local",
        registry=registry,
        online_store=online if settings.feast_online_enabled else None,
        offline_store="dask",
        entity_key_serialization_version=3,
    )
    config.repo_path = folder
    store = Store(config=config, repo_path=str(folder))
    store.data = data
    return store
