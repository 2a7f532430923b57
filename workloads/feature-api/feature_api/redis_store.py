"""Features from Redis, with a switch that leaves it alone while it is down or holds other data."""

import asyncio
import logging
from collections.abc import Callable

import numpy as np
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from feature_api.metrics import REDIS_UP
from feature_api.settings import Settings
from mlstack_common.feature_keys import CURRENT, key_of

TIMEOUT = 0.2
"""Most seconds of one call to Redis."""
CHECK_AGAIN = 0.5
"""Seconds between two checks of Redis."""

MEANING = {
    "up": "holds this data set: answering from it",
    "other data": "does not hold this data set: answering from Parquet",
    "down": "is down: answering from Parquet",
}

log = logging.getLogger("feature-api")


class RedisStore:
    """Reads one data set, and only while Redis holds it: a failed read switches off, a check in the background on and off.

    The id of the data set is in the key of every value, so that an answer never has values of another.
    """

    source = "redis"

    def __init__(self, settings: Settings) -> None:
        password = settings.redis_password.get_secret_value() if settings.redis_password else None
        self._client = Redis(
            host=settings.redis_host or "",
            port=settings.redis_port,
            password=password,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        self.state = "down"
        """`up` while Redis answers and holds the data set, `other data` while it answers and does not, else `down`."""

    async def get(self, data_set: str, ids: list[int]) -> dict[int, np.ndarray] | None:
        """Features of those of `ids` that are there; None when Redis does not answer."""
        if self.state != "up":
            return None
        try:
            values = await asyncio.wait_for(self._client.mget([key_of(data_set, account) for account in ids]), 2 * TIMEOUT)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._switch("down", error)
            return None
        return {account: np.frombuffer(value, "<f4") for account, value in zip(ids, values, strict=True) if value is not None}

    async def watch(self, data_set: Callable[[], str | None]) -> None:
        """Checks for ever whether Redis answers and holds the data set."""
        while True:
            await self.check(data_set())
            await asyncio.sleep(CHECK_AGAIN)

    async def check(self, data_set: str | None) -> None:
        """Switches on when Redis answers and the data set is the one that it serves, off otherwise."""
        try:
            served = await asyncio.wait_for(self._client.hget(CURRENT, "set"), 2 * TIMEOUT)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._switch("down", error)
        else:
            self._switch("up" if served and served.decode() == data_set else "other data", None)

    async def close(self) -> None:
        await self._client.aclose()

    def _switch(self, state: str, error: Exception | None) -> None:
        if state != self.state:
            reason = f" ({type(error).__name__})" if error else ""
            log.warning("Redis %s%s", MEANING[state], reason)
        self.state = state
        REDIS_UP.set(1 if state == "up" else 0)
