"""`features-load`: copies the account features from Parquet into Redis."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import redis
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings
from redis.backoff import NoBackoff
from redis.retry import Retry

from features import files
from features.failure import NO_REDIS, NO_ROWS, Failure, run

PREFIX = "features:"
META = "features:meta"
BATCH = 1000


class Settings(BaseSettings):
    """Variables of the command. `redis_wait` is in seconds."""

    storage_base_dir: Path = Path("/app/data/features")
    redis_host: str
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr | None = None
    redis_wait: int = Field(60, ge=0)


def connect(settings: Settings) -> redis.Redis:
    """A connection that is known to work; Redis may still be starting, so it is tried for `redis_wait` seconds."""
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    client = redis.Redis(
        settings.redis_host, settings.redis_port, password=password, socket_timeout=10, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    end = time.monotonic() + settings.redis_wait
    while True:
        try:
            client.ping()
            return client
        except redis.AuthenticationError as error:
            raise Failure(NO_REDIS, f"redis://{where(settings)} refuses the password in REDIS_PASSWORD") from error
        except redis.RedisError as error:
            if time.monotonic() >= end:
                raise Failure(NO_REDIS, f"redis://{where(settings)} cannot be reached: {files.first_line(error)}") from error
            time.sleep(0.5)


def where(settings: Settings) -> str:
    return f"{settings.redis_host}:{settings.redis_port}"


def rows(table: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Key and value of every account: its features as little-endian 32-bit floats, in the order of the columns."""
    ids = table.column("account_id").to_numpy()
    values = np.column_stack([table.column(name).to_numpy() for name in feature_names(table)]).astype("<f4")
    for account, row in zip(ids, values, strict=True):
        yield f"{PREFIX}{account}", row.tobytes()


def feature_names(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name.startswith("f") and name != "fraud"]


def copy(client: redis.Redis, table: pa.Table, version: str) -> int:
    """Writes all rows, removes accounts that are no longer there, and tells last, in `features:meta`, what is loaded."""
    kept = {META}
    pipe = client.pipeline(transaction=False)
    for count, (key, value) in enumerate(rows(table), 1):
        kept.add(key)
        pipe.set(key, value)
        if count % BATCH == 0:
            pipe.execute()
    pipe.execute()
    for key in client.scan_iter(match=f"{PREFIX}*", count=BATCH):
        if key.decode() not in kept:
            pipe.delete(key)
    pipe.hset(META, mapping={"version": version, "rows": table.num_rows, "names": ",".join(feature_names(table)), "loaded_at": int(time.time())})
    pipe.execute()
    return table.num_rows


def load() -> None:
    settings = Settings()
    started = time.monotonic()
    table, version = files.read(settings.storage_base_dir, files.ACCOUNTS)
    if table.num_rows == 0:
        raise Failure(NO_ROWS, f"{settings.storage_base_dir / files.ACCOUNTS} holds 0 rows; nothing was loaded, Redis keeps what it has")
    client = connect(settings)
    try:
        loaded = copy(client, table, version)
    except redis.RedisError as error:
        raise Failure(NO_REDIS, f"redis://{where(settings)} failed while loading: {files.first_line(error)}") from error
    print(f"loaded {loaded} rows from {files.ACCOUNTS} (version {version}) into redis://{where(settings)} in {time.monotonic() - started:.2f} s")


def main() -> None:
    run(load)
