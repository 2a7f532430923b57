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

from features.build import ACCOUNTS
from mlstack_common import tables
from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read
from mlstack_common.waiting import attempt

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
    """A connection that works; Redis may still be starting, so it is tried for `redis_wait` seconds.

    Raises:
        Failure: Redis does not answer, or refuses the password.
    """
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    client = redis.Redis(
        settings.redis_host, settings.redis_port, password=password, socket_timeout=10, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        attempt(client.ping, settings.redis_wait, transient=redis.RedisError, final=redis.AuthenticationError)
    except redis.AuthenticationError as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)} refuses the password in REDIS_PASSWORD") from error
    except redis.RedisError as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)} cannot be reached: {first_line(error)}") from error
    return client


def url_of(settings: Settings) -> str:
    """How lines name Redis."""
    return f"redis://{settings.redis_host}:{settings.redis_port}"


def rows(table: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Key and value of every account: its features as little-endian 32-bit floats, in the order of the columns."""
    ids = table.column("account_id").to_numpy()
    values = np.column_stack([table.column(name).to_numpy() for name in feature_names(table)]).astype("<f4")
    for account, row in zip(ids, values, strict=True):
        yield f"{PREFIX}{account}", row.tobytes()


def feature_names(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name.startswith("f") and name != "fraud"]


def copy(client: redis.Redis, table: pa.Table, version: str) -> int:
    """Writes all rows, removes accounts that no longer exist, and notes last, in `features:meta`, what is loaded."""
    written = {META}
    pipe = client.pipeline(transaction=False)
    for count, (key, value) in enumerate(rows(table), 1):
        written.add(key)
        pipe.set(key, value)
        if count % BATCH == 0:
            pipe.execute()
    pipe.execute()
    for key in client.scan_iter(match=f"{PREFIX}*", count=BATCH):
        if key.decode() not in written:
            pipe.delete(key)
    pipe.hset(META, mapping={"version": version, "rows": table.num_rows, "names": ",".join(feature_names(table)), "loaded_at": int(time.time())})
    pipe.execute()
    return table.num_rows


def load() -> None:
    """Copies the newest version of the files."""
    settings = read(Settings)
    started = time.monotonic()
    table, version = tables.read(settings.storage_base_dir, ACCOUNTS)
    if table.num_rows == 0:
        raise Failure(Exit.NO_ROWS, f"{settings.storage_base_dir / ACCOUNTS} holds 0 rows; nothing was loaded, Redis keeps what it has")
    client = connect(settings)
    try:
        loaded = copy(client, table, version)
    except redis.RedisError as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)} failed while loading: {first_line(error)}") from error
    print(f"loaded {loaded} rows from {ACCOUNTS} (version {version}) into {url_of(settings)} in {time.monotonic() - started:.2f} s")


def main() -> None:
    run(load)
