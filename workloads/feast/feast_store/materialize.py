"""`feast-materialize`: copies each account's newest values from the Parquet files into Redis, by Feast."""

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pandas as pd
import redis
from feast import FeatureView
from feast.errors import FeastError
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from feast_store.remote import Store, open_store
from feast_store.views import PROJECT
from mlstack_common import tables
from mlstack_common.data_sets import DataSet, current
from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read
from mlstack_common.waiting import attempt

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

MORE_MEMORY = "two versions must fit; raise feast.redis.resources.memory, of which Redis uses three fifths, or feast.redis.maxMemory where it is set"
STILL_SERVED = "what was served before still is"

SAMPLE = 500
"""Most entities of a view that are read back from Redis."""


class Settings(BaseSettings):
    """Variables of the command. Both waits are in seconds."""

    feast_registry_uri: str = Field(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")
    feast_project: str = Field(PROJECT, pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$")
    feast_data: Path = Path("/data/features")
    redis_host: str = Field(min_length=1)
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr | None = None
    redis_wait: int = Field(60, ge=0)
    registry_wait: int = Field(60, ge=0)

    @property
    def redis_url(self) -> str:
        """How lines name Redis."""
        return f"redis://{self.redis_host}:{self.redis_port}"


def materialize() -> None:
    """Everything is checked before anything is written: Redis keeps what it has when the files are wrong."""
    settings = read(Settings)
    now = datetime.now(UTC)
    data = current(settings.feast_data)
    store = open_store(settings.feast_registry_uri, settings.feast_project, data.folder, online(settings, data))
    views = find_views(store, settings)
    newest = {view.name: newest_rows(view, data, now) for view in views}
    online_store = store.provider.online_store
    reach(lambda: online_store._get_client(store.config.online_store).ping(), settings.redis_wait, settings)
    try:
        online_store.begin(store.config)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            store.materialize(BEGINNING, now)
        for view in views:
            check(store, view, newest[view.name], online_store.written[view.name], settings)
        gone = online_store.finish(store.config)
    except (redis.RedisError, grpc.RpcError) as error:
        raise unreachable(error, settings) from error
    for view in views:
        print(f"materialized {view.name}: {online_store.written[view.name]} rows")
    if gone:
        print(f"removed {gone} entities of the version before")


def online(settings: Settings, data: DataSet) -> dict[str, object]:
    return {
        "type": "feast_store.online.CountingRedisOnlineStore",
        "host": settings.redis_host,
        "port": settings.redis_port,
        "password": settings.redis_password.get_secret_value() if settings.redis_password else None,
        "data_set": data.id,
    }


def find_views(store: Store, settings: Settings) -> list[FeatureView]:
    """The views of the registry.

    Raises:
        Failure: the registry does not answer, or has none.
    """
    views: list[FeatureView] = []
    try:
        reach(lambda: views.extend(store.list_feature_views()), settings.registry_wait, settings)
    except FeastError as error:
        raise Failure(Exit.DATA, f"registry {settings.feast_registry_uri}: {first_line(error)}; correct FEAST_PROJECT") from error
    if not views:
        raise Failure(Exit.DATA, f"registry {settings.feast_registry_uri} has no view in project {settings.feast_project}; correct FEAST_PROJECT")
    return sorted(views, key=lambda view: view.name)


def newest_rows(view: FeatureView, data: DataSet, now: datetime) -> pd.DataFrame:
    """What Redis must hold afterwards: each entity's newest row, by entity. A view without one is a failure, which Feast
    itself ignores."""
    when, keys, columns = view.batch_source.timestamp_field, list(view.join_keys), [field.name for field in view.features]
    rows = tables.read_from(data, view.batch_source.path, [*keys, when, *columns]).to_pandas()
    rows = rows[rows[when] <= now].sort_values(when).drop_duplicates(keys, keep="last")
    if rows.empty:
        raise Failure(Exit.NO_ROWS, f"{view.name}: {data.folder / view.batch_source.path} holds 0 rows; nothing was materialized, Redis keeps what it has")
    return rows.set_index(keys)[columns].sort_index()


def check(store: Store, view: FeatureView, newest: pd.DataFrame, written: int, settings: Settings) -> None:
    """Compares what was written, and a sample of what Redis gives back, with the files."""
    sample = newest.iloc[:: max(1, len(newest) // SAMPLE)]
    entities = sample.reset_index()[list(view.join_keys)].to_dict("list")
    given = store.get_online_features([f"{view.name}:{column}" for column in newest.columns], entities).to_dict()
    wrong = sum(given[column] != sample[column].tolist() for column in newest.columns)
    if written != len(newest) or wrong:
        raise Failure(
            Exit.UNREACHABLE,
            f"{view.name}: {settings.redis_url} does not hold what was written ({written} of {len(newest)} rows, {wrong} columns read back wrong); "
            "give it more memory, and let nothing else write there",
        )


def reach(call: Callable[[], object], wait: int, settings: Settings) -> None:
    """Calls until it succeeds, at most `wait` seconds. A refused password does not become right by waiting."""
    try:
        attempt(call, wait, transient=(redis.RedisError, grpc.RpcError), final=redis.AuthenticationError)
    except (redis.RedisError, grpc.RpcError) as error:
        raise unreachable(error, settings) from error


def unreachable(error: redis.RedisError | grpc.RpcError, settings: Settings) -> Failure:
    if isinstance(error, redis.AuthenticationError):
        return Failure(Exit.UNREACHABLE, f"{settings.redis_url} refuses the password in REDIS_PASSWORD")
    if isinstance(error, redis.OutOfMemoryError):
        return Failure(Exit.UNREACHABLE, f"{settings.redis_url} is full: {MORE_MEMORY}; {STILL_SERVED}")
    if isinstance(error, redis.RedisError):
        return Failure(Exit.UNREACHABLE, f"{settings.redis_url} cannot be reached: {first_line(error)}; correct REDIS_HOST and REDIS_PORT, or start it")
    return Failure(
        Exit.UNREACHABLE, f"registry {settings.feast_registry_uri} cannot be reached: {error.code().name}; correct FEAST_REGISTRY_URI, or start it"
    )


def main() -> None:
    run(materialize)
