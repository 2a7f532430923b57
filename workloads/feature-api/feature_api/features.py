"""Which store answers."""

import asyncio
import logging
import time
from dataclasses import dataclass

import numpy as np

from feature_api.metrics import FEATURES, MODEL, REDIS_UP
from feature_api.model import Model
from feature_api.parquet_store import ParquetStore
from feature_api.redis_store import RedisStore
from feature_api.settings import Settings
from mlstack_common.ending import Failure, first_line

log = logging.getLogger("feature-api")


@dataclass(frozen=True)
class Found:
    """Features by account, all of one version of the data, and the store they came from."""

    features: dict[int, np.ndarray]
    source: str
    version: str


class NoFeatures(Exception):
    """There is nothing to answer from; the message says why."""


class Features:
    """Redis first, when it is the back end, answers, and holds what the files hold; else Parquet.

    The files say which data set this replica answers from: model, values and version belong together in every answer.
    """

    def __init__(self, settings: Settings) -> None:
        self.backend = settings.feature_store_backend
        self.folder = settings.storage_base_dir
        self.redis = RedisStore(settings) if self.backend == "redis" else None
        self.leaving = False
        self.problem: str | None = None
        self.parquet: ParquetStore | None = None
        self.model: Model | None = None
        self.read()
        if self.redis is None:
            REDIS_UP.set(-1)

    @property
    def redis_state(self) -> str:
        if self.redis is None:
            return "unused"
        return self.redis.state

    def read(self) -> None:
        """Reads the files and fits the model to them, or notes why it cannot."""
        started = time.monotonic()
        try:
            parquet = ParquetStore(self.folder)
            self.model = Model(parquet.values, parquet.labels)
            self.parquet, self.problem = parquet, None
            # The model follows from the data alone: their version is its version.
            MODEL.loaded("fraud", parquet.version, time.monotonic() - started, sha256=parquet.checksum)
        except (Failure, ValueError, KeyError) as error:
            problem = f"no features in {self.folder}: {first_line(error)}"
            if problem != self.problem:
                log.error("%s", problem)
            self.problem = problem

    def problem_now(self) -> str | None:
        """Why no traffic should come here; None when it may. Files that were missing at the start may exist by now."""
        if self.leaving:
            return "asked to stop"
        if self.problem is not None:
            self.read()
        return self.problem

    async def get(self, ids: list[int]) -> Found:
        """Features of those of `ids` that exist.

        Raises:
            NoFeatures: the files are missing or damaged.
        """
        parquet = self.parquet
        if parquet is None:
            raise NoFeatures(self.problem_now())
        found = await self.redis.get(parquet.data_set, ids) if self.redis else None
        # What Redis lacks, it may have thrown away, or be about to replace: the files say which accounts exist.
        if found is not None and all(account in found for account in ids if account in parquet):
            return self.count(Found(found, "redis", parquet.version), ids, parquet)
        return self.count(Found(parquet.get(ids), "parquet", parquet.version), ids, parquet)

    def count(self, found: Found, ids: list[int], parquet: ParquetStore) -> Found:
        """Counts what was found, and what was not. Both stores hold the same values, which are as old as the files."""
        FEATURES.read(found.source, len(found.features), parquet.made)
        FEATURES.missed(sum(account not in found.features for account in set(ids)))
        return found

    async def start(self) -> asyncio.Task[None] | None:
        """Checks Redis once, so that the first request is answered from it, and then again and again in the background."""
        if self.redis is None:
            return None
        await self.redis.check(self.data_set())
        return asyncio.create_task(self.redis.watch(self.data_set))

    def data_set(self) -> str | None:
        """What this replica answers from."""
        return self.parquet.data_set if self.parquet else None
