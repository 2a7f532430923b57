"""How a rank meets the others, and notices that one is lost."""

import os
import socket
import time
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

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

    Raises:
        LostPeer: the others did not come within `rendezvous_timeout` seconds.
        RuntimeError: one was lost just after all had come. PyTorch counts what it has tried, and ranks that have counted otherwise never
            find each other: without an agent, only new processes can try again.
    """
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(ranks.local_rank)
    end = time.monotonic() + ranks.rendezvous_timeout
    while True:
        try:
            store = meet(ranks, end)
            dist.init_process_group(
                backend, store=store, rank=ranks.rank, world_size=ranks.world_size, timeout=timedelta(seconds=ranks.collective_timeout)
            )
            dist.barrier()
            return backend
        except RuntimeError:
            if not has_agent() or time.monotonic() >= end:
                raise
            if dist.is_initialized():
                dist.destroy_process_group()
        time.sleep(0.5)


def has_agent() -> bool:
    """Whether torchrun's agent serves the store and starts the processes of all members together."""
    return os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"


def meet(ranks: Ranks, end: float) -> dist.Store:
    """The place where ranks leave their addresses, when all of them have come there.

    A member that starts again may come before rank 0 is back, or find the old rank 0 about to end: every failed meeting is tried again.
    """
    while True:
        try:
            wait_for_name(ranks.master_addr, end)
            return agents_store(ranks, end) if has_agent() else own_store(ranks, end)
        except (RuntimeError, OSError) as error:
            if time.monotonic() >= end:
                raise LostPeer(f"the others did not come within {ranks.rendezvous_timeout} s ({first_line(error)})") from error
        # Outside: the error keeps the store of the failed meeting, and with it the port.
        time.sleep(0.5)


def agents_store(ranks: Ranks, end: float) -> dist.Store:
    """The store of torchrun's agent, which listens already; each start of its processes has its own prefix in it."""
    agent = dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, False, timeout=left(end), wait_for_workers=False)
    return dist.PrefixStore(f"/worker/attempt_{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", agent)


def own_store(ranks: Ranks, end: float) -> dist.Store:
    """A store that rank 0 serves, when it has said which processes are its world. A rank that comes to a world of before is none of them.

    The constructor of the store would wait for all, too, and let no other thread run meanwhile: of a rank that waits for a lost one
    nothing could be read.
    """
    if ranks.rank != 0:
        wait_for_leader(ranks, end)
    store = dist.TCPStore(ranks.master_addr, ranks.master_port, ranks.world_size, ranks.rank == 0, timeout=left(end), wait_for_workers=False)
    own = uuid4().hex
    store.set(f"here/{ranks.rank}", own)
    if ranks.rank == 0:
        all_ranks = [f"here/{rank}" for rank in range(ranks.world_size)]
        store.wait(all_ranks, left(end))
        store.set("world", b" ".join(store.get(rank) for rank in all_ranks).decode())
    store.wait(["world"], left(end))
    if own not in store.get("world").decode().split():
        raise RuntimeError("rank 0 has still its world of before")
    return store


def left(end: float) -> timedelta:
    """The time until then, at least a second."""
    return timedelta(seconds=max(end - time.monotonic(), 1))


def wait_for_leader(ranks: Ranks, end: float) -> None:
    """Waits until somebody listens at rank 0's port; not in the store's constructor, see `own_store`."""
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

