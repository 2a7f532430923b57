"""`trainer-conformance`: prints what a rank was given, and whether the ranks can work together. The sorted output of all
ranks is the same on every platform."""

import socket

from mlstack_common.ending import run
from mlstack_common.settings import read
from trainer.settings import Ranks


def check() -> None:
    """Meets the other ranks, and lets them add and broadcast a number."""
    ranks = read(Ranks)
    import torch
    import torch.distributed as dist

    from trainer import group

    group.join(ranks)
    total = torch.tensor(float(ranks.rank))
    dist.all_reduce(total)
    word = torch.tensor(41.0 + (ranks.rank == 0))
    dist.broadcast(word, src=0)
    resolved = bool(socket.getaddrinfo(ranks.master_addr, None))
    print(
        f"RANK={ranks.rank} LOCAL_RANK={ranks.local_rank} WORLD_SIZE={ranks.world_size} "
        f"MASTER_ADDR_RESOLVES={resolved} ALL_REDUCE={total.item():.0f} BROADCAST={word.item():.0f}\n",
        end="",  # one write a line: processes of one member share its output
        flush=True,
    )
    dist.barrier()
    dist.destroy_process_group()


def main() -> None:
    run(check)
