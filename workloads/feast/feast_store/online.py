"""Feast's online store in Redis, with limits of time and a count of what was written."""

from collections import Counter

from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

BATCH = 1000


class CountingRedisOnlineStoreConfig(RedisOnlineStoreConfig):
    """Where Redis is. Feast's own connection string cannot hold every password."""

    type: str = "feast_store.online.CountingRedisOnlineStore"
    host: str
    port: int
    password: str | None = None
    # Feast keeps a value whose time is not older than the new one's. All that is written here is the newest of its account,
    # and another version of the data may have older times, or other values of the same time.
    skip_dedup: bool = True


class CountingRedisOnlineStore(RedisOnlineStore):
    """Counts the entities that Redis has acknowledged, by view, and can remove all others."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Counter[str] = Counter()
        self.keys: set[bytes] = set()

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
        super().online_write_batch(config, table, data, progress)
        keys = self._generate_redis_keys_for_entities(config, [entity for entity, *_ in data])
        self.written[table.name] += len(keys)
        self.keys.update(keys)

    def remove_others(self, config) -> int:
        """Removes the project's entities that were not written now: the files no longer hold them."""
        client = self._get_client(config.online_store)
        gone = [key for key in client.scan_iter(match=b"*" + config.project.encode(), count=BATCH) if key not in self.keys]
        for start in range(0, len(gone), BATCH):
            client.delete(*gone[start : start + BATCH])
        return len(gone)
