"""A data set in Redis: written beside the one that is served, then served in its place in one step."""

import time
import uuid
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import redis

from mlstack_common.data_sets import DataSet
from mlstack_common.feature_keys import CURRENT, LOADING, OLD_MARK, PREFIX, key_of

BATCH = 1000
SHARE_OF_TABLE = 16
"""Bytes for each key that Redis' own table grows by, at most."""
MEBIBYTE = 1024**2


class Full(Exception):
    """Redis has no room for a second data set; the message says how much is missing."""


class NotWhole(Exception):
    """Redis does not hold what was written, or another load has begun meanwhile."""


def replace(client: redis.Redis, table: pa.Table, data: DataSet) -> int:
    """Makes the table what Redis serves. Until it is whole there, the one before is, whenever this is interrupted; the next
    run removes what an interrupted one has left.

    Returns:
        The rows that Redis holds: all, unless its policy throws keys away.

    Raises:
        Full: there is no room for both; what was written is removed.
        NotWhole: the one before is still served.
        redis.RedisError: Redis has failed; the one before is still served.
    """
    begun, served = uuid.uuid4().hex, served_set(client)
    # Before any write: what an interrupted load has left may fill the memory.
    remove(client, served, keep_old=bool(client.exists(OLD_MARK)))
    try:
        client.set(LOADING, begun)
        if served != data.id:
            check_room(client, table, data)
        for batch in batches(table):
            client.mset({key_of(data.id, account): value for account, value in batch})
    except redis.exceptions.OutOfMemoryError as error:
        remove(client, served_set(client), keep_old=True)
        raise Full(f"it refused a write: {error}") from error
    kept = count(client, table, data)
    if kept < table.num_rows and not evicts(client):
        raise NotWhole(f"it holds {kept} of {table.num_rows} rows that were written; let nothing else write there")
    switch(client, table, data, begun)
    # Replicas of a release before this one still read its values, and stop when they see that its mark is gone.
    remove(client, data.id, keep_old=True)
    return kept


def served_set(client: redis.Redis) -> str | None:
    served = client.hget(CURRENT, "set")
    return served.decode() if served else None


def rows(table: pa.Table) -> Iterator[tuple[int, bytes]]:
    """Each account and its value."""
    ids = table.column("account_id").to_numpy()
    values = np.column_stack([table.column(name).to_numpy() for name in feature_names(table)]).astype("<f4")
    for account, row in zip(ids, values, strict=True):
        yield int(account), row.tobytes()


def batches(table: pa.Table) -> Iterator[list[tuple[int, bytes]]]:
    """The same in portions, each of which is one command."""
    batch: list[tuple[int, bytes]] = []
    for row in rows(table):
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def feature_names(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name.startswith("f") and name != "fraud"]


def remove(client: redis.Redis, served: str | None, keep_old: bool) -> None:
    """Removes every value of a data set that is not served: of one before it, or of a load that was interrupted."""
    kept = tuple(key.encode() for key in (CURRENT, LOADING, OLD_MARK, *([f"{PREFIX}{served}:"] if served else [])))
    pipe = client.pipeline(transaction=False)
    for key in client.scan_iter(match=f"{PREFIX}*", count=BATCH):
        is_old = key.count(b":") == 1
        if not key.startswith(kept) and not (keep_old and is_old):
            pipe.unlink(key)
        if len(pipe) >= BATCH:
            pipe.execute()
    pipe.execute()


def check_room(client: redis.Redis, table: pa.Table, data: DataSet) -> None:
    """Refuses before the first row when both data sets cannot be there at the same time."""
    memory = client.info("memory")
    limit, used = memory["maxmemory"], memory["used_memory"]
    if limit == 0 or evicts(client):
        return
    key = key_of(data.id, pc.max(table.column("account_id")).as_py())
    client.set(key, next(rows(table))[1])
    needed = table.num_rows * (client.memory_usage(key) + SHARE_OF_TABLE)
    if used + needed > limit:
        client.unlink(key)
        raise Full(
            f"{table.num_rows} rows need {mebibytes(needed)} MiB beside the {mebibytes(used)} MiB in use, "
            f"and its maxmemory is {limit // MEBIBYTE} MiB"
        )


def mebibytes(size: int) -> int:
    return -(-size // MEBIBYTE)


def evicts(client: redis.Redis) -> bool:
    """Whether Redis throws keys away that it has no room for."""
    return client.info("memory")["maxmemory_policy"] != "noeviction"


def count(client: redis.Redis, table: pa.Table, data: DataSet) -> int:
    """How many of the rows are there."""
    return sum(client.exists(*(key_of(data.id, account) for account, _ in batch)) for batch in batches(table))


def switch(client: redis.Redis, table: pa.Table, data: DataSet, begun: str) -> None:
    """From here on, the new data set is served."""
    mark = {"set": data.id, "version": data.version, "rows": table.num_rows, "names": ",".join(feature_names(table)), "loaded_at": int(time.time())}
    try:
        with client.pipeline() as pipe:
            pipe.watch(LOADING)
            newest = pipe.get(LOADING)
            if newest not in (begun.encode(), None):
                raise NotWhole("another load has begun meanwhile; let one run at a time")
            pipe.multi()
            pipe.hset(CURRENT, mapping=mark)
            pipe.delete(OLD_MARK)
            pipe.execute()
    except redis.WatchError as error:
        raise NotWhole("another load has begun meanwhile; let one run at a time") from error
