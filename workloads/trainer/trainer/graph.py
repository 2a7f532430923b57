"""The transactions graph, as tensors, and each rank's share of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch


@dataclass(frozen=True)
class Graph:
    """All accounts with their features, labels and the mean of their partners' features; `mine` are those that this rank learns from."""

    features: torch.Tensor
    neighbours: torch.Tensor
    labels: torch.Tensor
    mine: torch.Tensor


def load(folder: Path, rank: int, world_size: int) -> Graph:
    """Reads the features.

    Raises:
        OSError, pa.ArrowInvalid: the files are missing or damaged.
    """
    accounts = pq.read_table(folder / "accounts.parquet", use_threads=False)
    edges = pq.read_table(folder / "edges.parquet", use_threads=False)
    names = [name for name in accounts.column_names if name.startswith("f") and name != "fraud"]
    values = np.column_stack([accounts.column(name).to_numpy() for name in names]).astype(np.float32)
    labels = accounts.column("fraud").to_numpy(zero_copy_only=False).astype(np.float32)
    if len(values) < world_size:
        raise pa.ArrowInvalid(f"{len(values)} accounts are too few for {world_size} ranks")
    source, target = (edges.column(name).to_numpy() for name in ("source", "target"))
    return Graph(
        torch.from_numpy(values),
        torch.from_numpy(mean_of_partners(values, source, target)),
        torch.from_numpy(labels),
        torch.arange(rank, len(values), world_size),
    )


def mean_of_partners(values: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """For each account the mean of its partners' features, in either direction; zeros for one without partners."""
    total = np.zeros_like(values)
    degree = np.zeros((len(values), 1), np.float32)
    for here, there in ((source, target), (target, source)):
        np.add.at(total, here, values[there])
        np.add.at(degree[:, 0], here, 1)
    return total / np.maximum(degree, 1)
