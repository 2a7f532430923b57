"""Checkpoints: weights, and the model, classes and image size that they belong to."""

import argparse
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from image_api.catalogue import WIDTHS, class_names
from image_api.model import CatNet
from image_api.settings import Settings
from mlstack_common import files
from mlstack_common.ending import Exit, Failure, first_line, run

FORMAT = "catnet/1"


class WrongCheckpoint(Exception):
    """The file cannot be used; the message is one line that says why."""


@dataclass(frozen=True)
class Loaded:
    """A model that can answer, its classes, and the checksum of its file, from which its version follows."""

    model: CatNet
    classes: list[str]
    sha256: str

    @property
    def version(self) -> str:
        """The first digits of the checksum."""
        return self.sha256[:12]


def load(settings: Settings, device: str) -> Loaded:
    """Reads the checkpoint. Only tensors and plain values are taken from the file: no code in it is ever run.

    Raises:
        WrongCheckpoint: it is missing, damaged, or does not fit the variables.
    """
    path = settings.api_checkpoint_path
    try:
        data = path.read_bytes()
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - a damaged file makes PyTorch raise errors of many kinds
        raise WrongCheckpoint(f"{path} cannot be read: {first_line(error)}") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise WrongCheckpoint(f"{path} is not a checkpoint of the format {FORMAT}; make one with image-api-checkpoint")
    given = {"API_MODEL_NAME": settings.api_model_name, "API_NUM_CLASSES": settings.api_num_classes, "API_IMAGE_SIZE": settings.api_image_size}
    holds = {"API_MODEL_NAME": state["model"], "API_NUM_CLASSES": len(state["classes"]), "API_IMAGE_SIZE": state["image_size"]}
    if wrong := [f"{name} is {given[name]} but the file was made for {holds[name]}" for name in given if given[name] != holds[name]]:
        raise WrongCheckpoint(f"{path} does not fit: {'; '.join(wrong)}")
    model = CatNet(settings.api_model_name, settings.api_num_classes)
    try:
        model.load_state_dict(state["state"])
        model.eval().to(device)
    except (RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise WrongCheckpoint(f"{path} cannot be loaded on {device}: {first_line(error)}") from error
    return Loaded(model, list(state["classes"]), hashlib.sha256(data).hexdigest())


def stand_in(name: str, classes: int, image_size: int, seed: int) -> bytes:
    """A checkpoint that was never trained. The same arguments give the same bytes.

    One pass over noise sets the mean and variance of each layer, so that answers depend on the picture as a trained model's do.
    """
    torch.manual_seed(seed)
    model = CatNet(name, classes).train()
    torch.nn.init.normal_(model.out.weight)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        coarse = torch.randn(16, 3, 8, 8)
        model(torch.nn.functional.interpolate(coarse, size=(image_size, image_size), mode="bilinear", align_corners=False))
    state = {"format": FORMAT, "model": name, "classes": class_names(classes), "image_size": image_size, "state": dict(model.state_dict())}
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def main() -> None:
    """`image-api-checkpoint PATH`: writes a stand-in checkpoint, whole or not at all."""
    parser = argparse.ArgumentParser(prog="image-api-checkpoint", description="Writes a checkpoint of random weights.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--model", choices=WIDTHS, default="catnet-small")
    parser.add_argument("--classes", type=int, choices=range(2, 10_001), metavar="2…10000", default=67)
    parser.add_argument("--image-size", type=int, choices=range(32, 1025), metavar="32…1024", default=224)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    run(lambda: write(given))


def write(given: argparse.Namespace) -> None:
    """Writes the file that the arguments describe."""
    try:
        files.replace(given.path, stand_in(given.model, given.classes, given.image_size, given.seed))
    except OSError as error:
        raise Failure(Exit.FAILED, f"{given.path} cannot be written: {error.strerror}; mount its folder so that user {os.getuid()} may write") from error
    print(f"{given.path}: {given.model}, {given.classes} classes, {given.image_size} pixels, seed {given.seed}")
