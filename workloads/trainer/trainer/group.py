"""Meeting the other ranks, and noticing that one is lost."""

import os
import socket
import time
from datetime import timedelta

import torch
import torch.distributed as dist

from trainer.settings import Ranks


class LostPeer(Exception):
    """Another rank is gone or silent: this one must end, so that all can start again together."""


#: What the transports say when the other side is gone or silent; PyTorch 1.13 has no error class of its own for it.
TRANSPORT = ("gloo", "nccl", "connection", "socket", "store", "timed out", "timeout", "broken pipe")


def is_lost_peer(error: BaseException) -> bool:
    """Whether a peer is to blame, not this rank: only then do its restarts not count against it."""
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
    """The place where ranks leave their addresses: kept by rank 0 or, under torchrun, by the leader's agent."""
    left = timedelta(seconds=max(end - time.monotonic(), 1))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        # The agent listens on the port already; each start of its processes has a corner of its own in the store.
        agent = dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, False, timeout=left, wait_for_workers=False)
        return dist.PrefixStore(f"/worker/attempt_{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", agent)
    return dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, ranks.rank == 0, timeout=left, wait_for_workers=True)


def wait_for_name(host: str, end: float) -> None:
    """Waits until rank 0's name resolves: it does only while its container runs."""
    while True:
        try:
            socket.getaddrinfo(host, None)
            return
        except OSError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.2)


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


def device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
