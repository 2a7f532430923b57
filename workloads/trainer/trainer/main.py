"""`trainer`: reads the variables, meets the other ranks, trains."""

import os
import sys

import pyarrow as pa
from pydantic import ValidationError
from pydantic_settings import BaseSettings

FAILED = 1
WRONG_SETTINGS = 2
NO_DATA = 4
LOST_PEER = 75


def read(settings: type[BaseSettings]) -> BaseSettings:
    """The variables; wrong ones end the program with all mistakes, one line each."""
    try:
        return settings()
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False):
            name = f"{str(mistake['loc'][0]).upper()}: " if mistake["loc"] else ""
            print(f"{name}{mistake['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)


def main() -> None:
    """Trains as one rank. Ends with an error at once when a peer is lost: the platform starts all again."""
    from trainer.settings import Settings

    settings = read(Settings)
    from trainer import group  # after the settings: torch takes seconds to load, a wrong variable should not
    from trainer.training import train

    me = f"rank={settings.rank}"
    try:
        backend = group.join(settings)
        place = f"local_rank={settings.local_rank} backend={backend} master={settings.master_addr}:{settings.master_port}"
        print(f"{me} world_size={settings.world_size} {place}", flush=True)
        train(settings)
    except (OSError, pa.ArrowInvalid) as error:
        leave(f"{me} cannot read the features: {group.first_line(error)}", NO_DATA)
    except (RuntimeError, group.LostPeer) as error:
        if group.is_lost_peer(error):
            leave(f"{me} lost a peer: {group.first_line(error)}", LOST_PEER)
        leave(f"{me} failed: {group.first_line(error)}", FAILED)


def leave(message: str, code: int) -> None:
    """Ends at once, without waiting for peers that may be gone."""
    print(message, file=sys.stderr, flush=True)
    os._exit(code)
