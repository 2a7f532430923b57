"""Real ranks on this host, on generated features."""

import os
import re
import subprocess
import threading

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlstack_testing import free_port


@pytest.fixture(scope="session")
def features(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    rng = np.random.default_rng(1)
    fraud = rng.random(800) < 0.1
    values = rng.normal(size=(800, 16)).astype(np.float32) + fraud[:, None] * 0.8
    columns = {"account_id": np.arange(800)} | {f"f{index:02}": values[:, index].astype(np.float32) for index in range(16)}
    pq.write_table(pa.table(columns | {"fraud": fraud}), folder / "accounts.parquet")
    pq.write_table(pa.table({"source": rng.integers(0, 800, 3000), "target": rng.integers(0, 800, 3000)}), folder / "edges.parquet")
    return folder


class Rank:
    """One process; its lines are collected while it runs."""

    def __init__(self, command, env):
        self.metrics_port = env["METRICS_PORT"]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait(self, limit=90):
        code = self.process.wait(timeout=limit)
        self._reader.join()
        return code

    def metrics(self):
        """Its numbers, by series."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        return {name: float(value) for name, value in re.findall(r"^(mlstack_\S+) (\S+)$", text, re.MULTILINE)}

    def says(self, text):
        return any(text in line for line in self.lines)


@pytest.fixture
def start(features, tmp_path):
    """Starts all ranks of a world on a fresh port, or one rank of it again."""
    port = free_port()
    started = []

    def run(world_size, only=None, command=("trainer",), **env):
        ranks = []
        for rank in range(world_size) if only is None else [only]:
            given = {
                "PATH": os.environ["PATH"],
                "RANK": str(rank),
                "WORLD_SIZE": str(world_size),
                "MASTER_PORT": str(port),
                "METRICS_PORT": str(free_port()),
                "PET_MASTER_PORT": str(port),
                "STORAGE_BASE_DIR": str(features),
                "CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
                "COLLECTIVE_TIMEOUT": "10",
                "OMP_NUM_THREADS": "1",
            }
            ranks.append(Rank(list(command), given | env))
        started.extend(ranks)
        return ranks

    yield run
    for rank in started:
        rank.process.kill()
        rank.process.wait()
