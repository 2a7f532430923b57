"""`trainer-conformance`: what a rank was told, and whether the ranks can work together. The sorted output of all ranks
is the same on every platform."""

import socket

from trainer.main import read
from trainer.settings import Ranks


def main() -> None:
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
