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
from mlstack_testing import PATIENCE, free_port
from preloaded import Preloaded


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


BASE = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def preloaded():
    """The libraries of a rank, imported once for all ranks: PyTorch alone takes most of the time of a small training. None of its own
    modules, which note when they began."""
    process = Preloaded("numpy", "prometheus_client", "pyarrow.parquet", "pydantic_settings", "torch.distributed", "torch.nn.parallel", env=BASE)
    yield process
    process.end()


class Rank:
    """One process; its lines are collected while it runs."""

    def __init__(self, begin, command, env):
        self.metrics_port = env["METRICS_PORT"]
        self.port = int(env["MASTER_PORT"])
        read, write = os.pipe()
        with open(write, "wb") as output:
            self.process = begin(command, env, output)
        self.lines = []
        self._reader = threading.Thread(target=self._read, args=[read], daemon=True)
        self._reader.start()

    def _read(self, output):
        with open(output, encoding="utf-8") as lines:
            for line in lines:
                self.lines.append(line.rstrip())

    def wait(self):
        code = self.process.wait(timeout=PATIENCE)
        self._reader.join()
        return code

    def metrics(self):
        """Its numbers, by series."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        return {name: float(value) for name, value in re.findall(r"^(mlstack_\S+) (\S+)$", text, re.MULTILINE)}

    def says(self, text):
        return any(text in line for line in self.lines)


@pytest.fixture
def start(features, tmp_path, preloaded):
    """Starts all ranks of a world on a fresh port, or one rank of it again: as programs of the image, or as forks that are as these
    once they have imported their libraries."""
    port = free_port()
    started = []

    def as_program(command, env, output):
        return subprocess.Popen(command, env=env, stdout=output, stderr=output)

    def as_fork(command, env, output):
        return preloaded.start(*command, env=env, stdout=output, stderr=output)

    def run(world_size, only=None, command="trainer", program=None, **env):
        ranks = []
        for rank in range(world_size) if only is None else [only]:
            given = BASE | {
                "RANK": str(rank),
                "WORLD_SIZE": str(world_size),
                "MASTER_PORT": str(port),
                "METRICS_PORT": str(free_port()),
                "PET_MASTER_PORT": str(port),
                "STORAGE_BASE_DIR": str(features),
                "CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
                "COLLECTIVE_TIMEOUT": "10",
            }
            ranks.append(Rank(as_program if program else as_fork, program or (command,), given | env))
        started.extend(ranks)
        return ranks

    yield run
    for rank in started:
        rank.process.kill()
        rank.process.wait()
