"""How a rank meets the others, and notices that one is lost."""

import os
import socket
import time
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist

from mlstack_common.ending import first_line
from mlstack_common.waiting import attempt
from trainer.settings import Ranks


T = TypeVar("T")


class LostPeer(Exception):
    """Another rank is gone or does not answer: this one must end, so that all can start again together."""


TRANSPORT = ("gloo", "nccl", "connection", "socket", "store", "timed out", "timeout", "broken pipe")
"""Words of the transports' errors when the other side is gone or does not answer; PyTorch 1.13 has no error class for it."""


def is_lost_peer(error: BaseException) -> bool:
    """Whether a peer is the cause, not this rank: only then do its restarts not count against it."""
    if isinstance(error, LostPeer):
        return True
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return False
    return any(word in str(error).lower() for word in TRANSPORT)


def join(ranks: Ranks) -> str:
    """Meets all ranks at rank 0 and returns the backend: nccl with GPUs, else gloo.

    A member that starts again may come before rank 0 is back, or find the old rank 0 about to end: every failed meeting
    is tried again until `rendezvous_timeout` seconds are over.

    Raises:
        LostPeer: the others did not come in time.
    """
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(ranks.local_rank)
    end = time.monotonic() + ranks.rendezvous_timeout
    while True:
        try:
            wait_for_name(ranks.master_addr, end)
            store = open_store(ranks, end)
            dist.init_process_group(
                backend, store=store, rank=ranks.rank, world_size=ranks.world_size, timeout=timedelta(seconds=ranks.collective_timeout)
            )
            dist.barrier()
            return backend
        except (RuntimeError, OSError) as error:
            if dist.is_initialized():
                dist.destroy_process_group()
            if time.monotonic() >= end:
                raise LostPeer(f"the others did not come within {ranks.rendezvous_timeout} s ({first_line(error)})") from error
            time.sleep(0.5)


def open_store(ranks: Ranks, end: float) -> dist.Store:
    """The place where ranks leave their addresses: served by rank 0 or, under torchrun, by the leader's agent."""
    left = timedelta(seconds=max(end - time.monotonic(), 1))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        # The agent listens on the port already; each start of its processes has its own prefix in the store.
        agent = dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, False, timeout=left, wait_for_workers=False)
        return dist.PrefixStore(f"/worker/attempt_{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", agent)
    if ranks.rank != 0:
        wait_for_leader(ranks, end)
    store = dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, ranks.rank == 0, timeout=left, wait_for_workers=False)
    # Its constructor would wait, too, and let no other thread run meanwhile: of a rank that waits for a lost one nothing could be read.
    store.set(f"here/{ranks.rank}", "")
    store.wait([f"here/{rank}" for rank in range(ranks.world_size)], left)
    return store


def wait_for_leader(ranks: Ranks, end: float) -> None:
    """Waits until somebody listens at rank 0's port; for the same reason not in the store's constructor."""
    address = ranks.master_addr, ranks.master_port
    attempt(lambda: socket.create_connection(address, 5).close(), max(0.0, end - time.monotonic()), transient=OSError, pause=0.2)


def wait_for_name(host: str, end: float) -> None:
    """Waits until rank 0's name resolves: it does only while its container runs."""
    attempt(lambda: socket.getaddrinfo(host, None), max(0.0, end - time.monotonic()), transient=OSError, pause=0.2)


def mean(value: float) -> float:
    """The mean of `value` over all ranks."""
    total = torch.tensor(value, dtype=torch.float64, device=device())
    dist.all_reduce(total)
    return float(total) / dist.get_world_size()


def from_leader(value: int) -> int:
    """Rank 0's `value`, on every rank."""
    shared = torch.tensor(value, dtype=torch.int64, device=device())
    dist.broadcast(shared, src=0)
    return int(shared)


def object_from_leader(value: T | None) -> T:
    """Rank 0's `value`, of whatever kind, on every rank."""
    shared = [value]
    dist.broadcast_object_list(shared, src=0)
    return shared[0]


def device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")

