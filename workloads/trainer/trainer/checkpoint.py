"""Checkpoints, each written whole or not at all."""

import os
import re
from pathlib import Path

import torch

from mlstack_common import files

KEEP = 3
"""Newest checkpoints that stay; an older one is used when the newest cannot be read."""

ASIDE = "of-other-features"

NAME = re.compile(r"epoch-(\d{6})\.pt")


def save(folder: Path, epoch: int, state: dict) -> None:
    """Writes the checkpoint of an epoch, then removes old ones."""
    replace(folder / f"epoch-{epoch:06}.pt", state)
    for path in checkpoints(folder)[KEEP:]:
        path.unlink(missing_ok=True)


def replace(path: Path, state: dict) -> None:
    """Writes a state, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, lambda part: torch.save(state, part))


def newest(folder: Path) -> dict | None:
    """The newest checkpoint that can be read; a damaged one is skipped, and reported in a line."""
    for path in checkpoints(folder):
        try:
            state = torch.load(path, map_location="cpu")
            return {"epoch": int(state["epoch"]), "data": state.get("data"), "model": state["model"], "optimizer": state["optimizer"]}
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes torch raise
            print(f"checkpoint {path.name} cannot be read ({type(error).__name__}); trying the one before", flush=True)
    return None


def written(folder: Path) -> float | None:
    """When the newest checkpoint was written, in seconds since 1970; None where there is none."""
    return next((path.stat().st_mtime for path in checkpoints(folder)), None)


def set_aside(folder: Path) -> Path:
    """Moves all checkpoints to a folder beside them, and returns it."""
    aside = folder / ASIDE
    aside.mkdir(exist_ok=True)
    for path in checkpoints(folder):
        os.replace(path, aside / path.name)
    return aside


def checkpoints(folder: Path) -> list[Path]:
    """Newest first."""
    found = [path for path in folder.glob("epoch-*.pt") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name, reverse=True)
