"""Features from Redis, with a switch that leaves it alone while it is down."""

import asyncio
import logging

import numpy as np
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from feature_api.metrics import REDIS_UP
from feature_api.settings import Settings

PREFIX = "features:"
META = "features:meta"
TIMEOUT = 0.2
"""Most seconds of one call to Redis."""
CHECK_AGAIN = 0.5
"""Seconds between two checks of Redis."""

log = logging.getLogger("feature-api")


class RedisStore:
    """Reads only while Redis is `up`; a failed read switches it off, and a check in the background switches it on."""

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
        self.up = False

    async def get(self, ids: list[int]) -> dict[int, np.ndarray] | None:
        """Features of those of `ids` that exist; None when Redis does not answer."""
        if not self.up:
            return None
        try:
            values = await asyncio.wait_for(self._client.mget([f"{PREFIX}{account}" for account in ids]), 2 * TIMEOUT)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._switch(False, error)
            return None
        return {account: np.frombuffer(value, "<f4") for account, value in zip(ids, values, strict=True) if value is not None}

    async def watch(self) -> None:
        """Checks for ever whether Redis answers and holds features."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_AGAIN)

    async def check(self) -> None:
        """Switches on when Redis answers and holds features, off otherwise."""
        try:
            self._switch(bool(await asyncio.wait_for(self._client.exists(META), 2 * TIMEOUT)), None)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._switch(False, error)

    async def close(self) -> None:
        await self._client.aclose()

    def _switch(self, up: bool, error: Exception | None) -> None:
        if up != self.up:
            reason = f" ({type(error).__name__})" if error else ""
            log.warning("Redis is %s%s", "back" if up else "down: answering from Parquet", reason)
        self.up = up
        REDIS_UP.set(1 if up else 0)
