"""`features-build`: generates a graph of accounts and transactions and writes it as Parquet."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import Field
from pydantic_settings import BaseSettings

from mlstack_common import tables
from mlstack_common.ending import run
from mlstack_common.settings import read

ACCOUNTS = "accounts.parquet"
EDGES = "edges.parquet"

FEATURES = 16
FRAUD_RATE = 0.08


class Settings(BaseSettings):
    """Variables of the command."""

    storage_base_dir: Path = Path("/app/data/features")
    accounts: int = Field(10_000, ge=0)
    edges: int = Field(40_000, ge=0)
    seed: int = Field(7, ge=0)
    data_version: str = Field("1", min_length=1)


def generate(accounts: int, edges: int, seed: int) -> dict[str, pa.Table]:
    """Accounts with features and a label, and transactions between them.

    Fraud shows in an account's own features and in those of its partners: fraudulent accounts deal with each other three
    times as often as by chance, so that a model that looks at neighbours does better than one that does not.
    """
    rng = np.random.default_rng(seed)
    fraud = rng.random(accounts) < FRAUD_RATE
    features = rng.normal(size=(accounts, FEATURES)).astype(np.float32)
    features[:, :4] += fraud[:, None] * rng.normal(0.9, 0.2, size=(accounts, 4)).astype(np.float32)
    source, target = partners(rng, fraud, edges)
    columns = {"account_id": pa.array(np.arange(accounts))}
    columns |= {f"f{index:02}": pa.array(features[:, index]) for index in range(FEATURES)}
    columns["fraud"] = pa.array(fraud)
    return {
        ACCOUNTS: pa.table(columns),
        EDGES: pa.table(
            {
                "source": pa.array(source),
                "target": pa.array(target),
                "amount": pa.array(rng.lognormal(4, 1, len(source)).astype(np.float32)),
                "seconds": pa.array(np.sort(rng.integers(0, 90 * 86_400, len(source)))),
            }
        ),
    }


def partners(rng: np.random.Generator, fraud: np.ndarray, edges: int) -> tuple[np.ndarray, np.ndarray]:
    """Source and target account of each transaction."""
    accounts = len(fraud)
    if accounts == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    source = rng.integers(0, accounts, edges)
    target = rng.integers(0, accounts, edges)
    ring = np.flatnonzero(fraud)
    if len(ring) > 0:
        drawn = fraud[source] & (rng.random(edges) < 3 * FRAUD_RATE)
        target[drawn] = rng.choice(ring, drawn.sum())
    return source, target


def build() -> None:
    """Generates and writes the files."""
    started = time.monotonic()
    settings = read(Settings)
    tables.write(settings.storage_base_dir, settings.data_version, generate(settings.accounts, settings.edges, settings.seed))
    print(
        f"wrote {settings.accounts} accounts and {settings.edges} transactions (version {settings.data_version}) "
        f"to {settings.storage_base_dir} in {time.monotonic() - started:.2f} s"
    )


def main() -> None:
    run(build)
