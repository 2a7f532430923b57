"""`feast-build`: generates the features of each account at several times and writes them as Parquet."""

import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import Field
from pydantic_settings import BaseSettings

from feast_store.views import JOIN_KEY, TIMESTAMP, VIEWS, file_of
from mlstack_common import tables
from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read

REFERENCE = datetime(2024, 1, 10, tzinfo=UTC)
"""All events are before it. A fixed time: the same variables give the same files on any day."""

DAY = 86_400


class Settings(BaseSettings):
    """Variables of the command."""

    feast_data: Path = Path("/data/features")
    accounts: int = Field(1000, ge=0)
    days: int = Field(7, ge=1, le=3650)
    seed: int = Field(7, ge=0)
    data_version: str = Field("1", min_length=1)


def generate(accounts: int, days: int, seed: int, version: str) -> dict[str, pa.Table]:
    """A table for each view: one row for each account and day, at a time of that day that is the account's own.

    Values range as those that the model is trained on. They are rounded so that 32 bits distinguish them.
    """
    rng = np.random.default_rng([seed, zlib.crc32(version.encode())])
    rows = accounts * days
    account = np.tile(np.arange(1, accounts + 1, dtype=np.int64), days)
    day = np.repeat(np.arange(days), accounts)
    age = rng.gamma(1.5, 400, accounts).clip(0, 6000).round()
    profile_second, payment_second = rng.integers(0, DAY, rows), rng.integers(0, DAY, rows)
    profile = {
        "account_age_days": np.tile(age, days) + day,
        "payments_last_day": rng.poisson(2.5, rows),
        "failed_logins": rng.poisson(0.3, rows),
        "share_of_balance": rng.beta(1.2, 8, rows).round(3),
    }
    payment = {
        "amount": rng.lognormal(3.6, 1.1, rows).clip(0.5, 5000).round(2),
        "hour": payment_second // 3600,
        "distance_km": rng.exponential(60, rows).clip(0, 3000).round(1),
        "new_device": rng.random(rows) < 0.12,
        "foreign_merchant": rng.random(rows) < 0.15,
        "merchant_risk": rng.beta(2, 6, rows).round(3),
    }
    seconds = {"account_profile": profile_second, "last_payment": payment_second}
    values = {"account_profile": profile, "last_payment": payment}
    return {file_of(view): table_of(account, days, day, seconds[view], {name: values[view][name] for name in VIEWS[view]}) for view in VIEWS}


def table_of(account: np.ndarray, days: int, day: np.ndarray, second: np.ndarray, values: dict[str, np.ndarray]) -> pa.Table:
    """One row for each account and day; times have whole seconds."""
    first = int(REFERENCE.timestamp()) - days * DAY
    when = pa.array((first + day * DAY + second) * 1_000_000, pa.timestamp("us", "UTC"))
    return pa.table({JOIN_KEY: account, TIMESTAMP: when} | {name: column.astype(np.float64) for name, column in values.items()})


def build() -> None:
    """Generates and writes the files."""
    started = time.monotonic()
    settings = read(Settings)
    generated = generate(settings.accounts, settings.days, settings.seed, settings.data_version)
    try:
        tables.write(settings.feast_data, settings.data_version, generated)
    except OSError as error:
        raise Failure(Exit.DATA, f"{settings.feast_data} cannot be written: {first_line(error)}; mount a volume that user 10001 owns") from error
    rows = ", ".join(f"{name} {one.num_rows} rows" for name, one in generated.items())
    print(
        f"wrote {settings.accounts} accounts (version {settings.data_version}) to {settings.feast_data}: {rows}, "
        f"in {time.monotonic() - started:.2f} s"
    )


def main() -> None:
    run(build)
