"""`trainer`: reads the variables, meets the other ranks, trains."""

import os
import sys

import pyarrow as pa

from mlstack_common.ending import Exit, Failure, first_line, run
from mlstack_common.settings import read
from trainer.settings import Settings


def start() -> None:
    """Trains as one rank. Ends with an error at once when a peer is lost: the platform starts all again."""
    settings = read(Settings)
    from trainer import group  # after the settings: torch takes seconds to load, and a wrong variable is reported at once
    from trainer.progress import Progress
    from trainer.training import train

    me = f"rank={settings.rank}"
    progress = Progress(settings)
    try:
        backend = group.join(settings)
        progress.met()
        place = f"local_rank={settings.local_rank} backend={backend} master={settings.master_addr}:{settings.master_port}"
        print(f"{me} world_size={settings.world_size} {place}", flush=True)
        train(settings, progress)
        progress.end()
    except (OSError, pa.ArrowInvalid, Failure) as error:
        leave(f"{me} cannot read the features: {first_line(error)}", Exit.DATA)
    except (RuntimeError, group.LostPeer) as error:
        if group.is_lost_peer(error):
            leave(f"{me} lost a peer: {first_line(error)}", Exit.LOST_PEER)
        leave(f"{me} failed: {first_line(error)}", Exit.FAILED)


def leave(message: str, code: int) -> None:
    """Ends at once, without waiting for peers that may be gone."""
    print(message, file=sys.stderr, flush=True)
    os._exit(code)


def main() -> None:
    run(start)
