"""Feast's online store in Redis: one data set beside another, limits of time, and a count of what was written."""

from collections import Counter

from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mlstack_common.feast_keys import current_of, suffix_of

BATCH = 1000


class CountingRedisOnlineStoreConfig(RedisOnlineStoreConfig):
    """Where Redis is. Feast's own connection string cannot hold every password."""

    type: str = "feast_store.online.CountingRedisOnlineStore"
    host: str
    port: int
    password: str | None = None
    data_set: str
    """Id of the data set that is written."""
    # Feast keeps a value whose time is not older than the new one's. All that is written here is the newest of its account,
    # and another version of the data may have older times, or other values of the same time.
    skip_dedup: bool = True


class CountingRedisOnlineStore(RedisOnlineStore):
    """Writes a data set beside the one that is served, and counts the entities that Redis has acknowledged, by view."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Counter[str] = Counter()

    def _get_client(self, online_store_config: CountingRedisOnlineStoreConfig) -> Redis:
        if self._client is None:
            self._client = Redis(
                online_store_config.host,
                online_store_config.port,
                password=online_store_config.password,
                socket_timeout=10,
                socket_connect_timeout=2,
                retry=Retry(NoBackoff(), 0),
            )
        return self._client

    def online_write_batch(self, config, table, data, progress) -> None:
        # Feast's writer makes the key of the project's name, its reader asks the method below.
        beside = config.model_copy(update={"project": config.project + suffix_of(config.online_store.data_set).decode()})
        super().online_write_batch(beside, table, data, progress)
        self.written[table.name] += len({key.SerializeToString() for key, *_ in data})

    def _generate_redis_keys_for_entities(self, config, entity_keys) -> list[bytes]:
        return [key + suffix_of(config.online_store.data_set) for key in super()._generate_redis_keys_for_entities(config, entity_keys)]

    def begin(self, config) -> None:
        """Removes what runs that were interrupted have left. What is served stays, whole; a release before this one served
        keys without an id."""
        served = self._get_client(config.online_store).get(current_of(config.project))
        self.remove(config, {suffix_of(served.decode()) if served else b"", suffix_of(config.online_store.data_set)})

    def finish(self, config) -> int:
        """From here on the data set is the current one; removes the one before, and returns its number of entities."""
        self._get_client(config.online_store).set(current_of(config.project), config.online_store.data_set)
        return self.remove(config, {suffix_of(config.online_store.data_set)})

    def remove(self, config, kept: set[bytes]) -> int:
        """Removes the project's entities of all other data sets."""
        client, project, mark = self._get_client(config.online_store), config.project.encode(), current_of(config.project).encode()
        gone = []
        for key in client.scan_iter(match=b"*" + project + b"*", count=BATCH):
            _, found, suffix = key.rpartition(project)
            if found and key != mark and suffix not in kept and (suffix == b"" or suffix.startswith(b"@")):
                gone.append(key)
        for start in range(0, len(gone), BATCH):
            client.delete(*gone[start : start + BATCH])
        return len(gone)
