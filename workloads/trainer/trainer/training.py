"""The training loop of one rank."""

import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mlstack_common.data_sets import MANIFEST, current
from trainer import checkpoint, graph, group
from trainer.model import FraudModel
from trainer.progress import Progress
from trainer.settings import Settings


def train(settings: Settings, progress: Progress) -> None:
    """Trains to the last epoch, from the newest checkpoint on. Every rank prints its number and the loss over all."""
    me = f"rank={settings.rank}"
    torch.manual_seed(settings.seed)
    folder, data_set = group.object_from_leader(newest_data(settings.storage_base_dir) if settings.rank == 0 else None)
    data = graph.load(folder, settings.rank, settings.world_size)
    device = group.device()
    model = FraudModel(data.features.shape[1], settings.hidden).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    done = resume(settings, data_set, model, optimizer)
    if done > 0:
        progress.finished(done)
    if done > 0 and settings.rank == 0:
        progress.saved(checkpoint.written(settings.checkpoint_dir))
    if done >= settings.epochs:
        print(f"{me} already finished epochs={done}", flush=True)
        return
    ranks = DistributedDataParallel(model)
    features, neighbours, labels = (part[data.mine].to(device) for part in (data.features, data.neighbours, data.labels))
    balanced = nn.BCEWithLogitsLoss(pos_weight=(len(data.labels) - data.labels.sum()) / data.labels.sum().clamp(min=1))
    average = float("nan")
    for epoch in range(done + 1, settings.epochs + 1):
        started = time.monotonic()
        loss = balanced(ranks(features, neighbours), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average = group.mean(float(loss))
        progress.finished(epoch, average)
        print(f"{me} world_size={settings.world_size} epoch={epoch} loss={average:.6f}", flush=True)
        if settings.rank == 0 and (epoch % settings.checkpoint_every == 0 or epoch == settings.epochs):
            state = {"epoch": epoch, "data": data_set, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            checkpoint.save(settings.checkpoint_dir, epoch, state)
            progress.saved()
        time.sleep(max(0.0, settings.epoch_seconds - (time.monotonic() - started)))
    finish(settings, model, average)


def newest_data(folder: Path) -> tuple[Path, str | None]:
    """Where the newest version of the features is, and its id: None where no manifest says it."""
    if not (folder / MANIFEST).exists():
        return folder, None
    data = current(folder)
    return data.folder, data.id


def resume(settings: Settings, data_set: str | None, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Loads the newest checkpoint that rank 0 can read, on every rank, and returns its epoch; 0 when there is none of these data."""
    state = checkpoint.newest(settings.checkpoint_dir) if settings.rank == 0 else None
    if state and data_set and state["data"] not in (None, data_set):
        aside = checkpoint.set_aside(settings.checkpoint_dir)
        print(f"rank=0 the checkpoints are of other features, and are now in {aside}; training begins from the first epoch", flush=True)
        state = None
    epoch = group.from_leader(state["epoch"] if state else 0)
    if epoch == 0:
        return 0
    shared = [state]
    torch.distributed.broadcast_object_list(shared, src=0)
    model.load_state_dict(shared[0]["model"])
    optimizer.load_state_dict(shared[0]["optimizer"])
    print(f"rank={settings.rank} resumed from epoch {epoch}", flush=True)
    return epoch


def finish(settings: Settings, model: nn.Module, loss: float) -> None:
    torch.distributed.barrier()
    if settings.rank == 0:
        checkpoint.replace(settings.checkpoint_dir / "model.pt", model.state_dict())
        metrics = {"epochs": settings.epochs, "world_size": settings.world_size, "loss": loss}
        (settings.checkpoint_dir / "metrics.json").write_text(json.dumps(metrics))
    print(f"rank={settings.rank} finished epochs={settings.epochs} loss={loss:.6f}", flush=True)
