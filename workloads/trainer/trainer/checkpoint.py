"""Checkpoints that are whole or not there."""

import os
import re
from pathlib import Path

import torch

KEPT = 3
"""Newest checkpoints that stay; an older one stands in when the newest cannot be read."""

NAME = re.compile(r"epoch-(\d{6})\.pt")


def save(folder: Path, epoch: int, state: dict) -> None:
    """Writes beside the target, makes sure it is on disk, and moves it there in one step; then removes old ones."""
    replace(folder / f"epoch-{epoch:06}.pt", state)
    for path in checkpoints(folder)[KEPT:]:
        path.unlink(missing_ok=True)


def replace(path: Path, state: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with open(temporary, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def newest(folder: Path) -> dict | None:
    """The newest checkpoint that can be read; a damaged one is passed over with a line that says so."""
    for path in checkpoints(folder):
        try:
            state = torch.load(path, map_location="cpu")
            return {"epoch": int(state["epoch"]), "model": state["model"], "optimizer": state["optimizer"]}
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes torch raise
            print(f"checkpoint {path.name} cannot be read ({type(error).__name__}); trying the one before", flush=True)
    return None


def checkpoints(folder: Path) -> list[Path]:
    """Newest first."""
    found = [path for path in folder.glob("epoch-*.pt") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name, reverse=True)
