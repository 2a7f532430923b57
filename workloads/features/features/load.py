"""`features-load`: copies the account features from Parquet into Redis."""

import time
from pathlib import Path

import redis
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings
from redis.backoff import NoBackoff
from redis.retry import Retry

from features.build import ACCOUNTS
from features.redis_set import Full, NotWhole, replace
from mlstack_common import tables
from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read
from mlstack_common.waiting import attempt

MORE_MEMORY = "raise features.redis.resources.memory, of which Redis uses three fifths, or features.redis.maxMemory where it is set"
STILL_SERVED = "what was served before still is"


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


def load() -> None:
    """Copies the current data set of the files."""
    settings = read(Settings)
    started = time.monotonic()
    table, data = tables.read(settings.storage_base_dir, ACCOUNTS)
    if table.num_rows == 0:
        raise Failure(Exit.NO_ROWS, f"{settings.storage_base_dir / ACCOUNTS} holds 0 rows; nothing was loaded, Redis keeps what it has")
    client = connect(settings)
    try:
        kept = replace(client, table, data)
    except (Full, redis.exceptions.OutOfMemoryError) as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)} is full: {first_line(error)}; {MORE_MEMORY}; {STILL_SERVED}") from error
    except NotWhole as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)}: {error}; {STILL_SERVED}") from error
    except redis.ConnectionError as error:
        raise Failure(
            Exit.UNREACHABLE,
            f"{url_of(settings)} was lost while features were loaded ({first_line(error)}); if its log says that it was killed, "
            f"it had too little memory: {MORE_MEMORY}; {STILL_SERVED}",
        ) from error
    except redis.RedisError as error:
        raise Failure(Exit.UNREACHABLE, f"{url_of(settings)} failed while loading: {first_line(error)}; {STILL_SERVED}") from error
    took = f"in {time.monotonic() - started:.2f} s"
    print(f"loaded {table.num_rows} rows from {ACCOUNTS} (version {data.version}) into {url_of(settings)} {took}")
    if kept < table.num_rows:
        print(f"{kept} of them fit; Redis' policy threw the others away, and the files answer for them")


def main() -> None:
    run(load)
