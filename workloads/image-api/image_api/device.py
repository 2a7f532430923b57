"""Which device computes."""

import subprocess
import sys

TORCH_SECONDS = 120
"""Longest time, in seconds, that PyTorch may take to say which devices there are."""


def problem(name: str) -> str | None:
    """Why `name` cannot compute here; None when it can.

    Asked in a process of its own: one that has looked for CUDA can no longer fork workers that use it.
    """
    if name in ("auto", "cpu"):
        return None
    try:
        asked = subprocess.run([sys.executable, "-m", "image_api.device", name], capture_output=True, text=True, timeout=TORCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"PyTorch does not say within {TORCH_SECONDS} s whether {name} is there; look at the driver"
    if asked.returncode != 0:
        return f"PyTorch cannot be asked for {name}: {(asked.stderr.splitlines() or ['it ended without a word'])[-1]}"
    return asked.stdout.strip() or None


def missing(name: str) -> str | None:
    """Why PyTorch has no device `name`."""
    import torch

    if name == "cuda" and not torch.backends.cuda.is_built():
        return "cuda: the PyTorch of this image computes on the CPU only; build the image with TORCH=pypi, or use auto or cpu"
    if name == "cuda" and not torch.cuda.is_available():
        return "cuda: no GPU is visible; give the service an accelerator, or use auto or cpu"
    if name == "mps" and not torch.backends.mps.is_available():
        return "mps: is there on a Mac only; use auto, cuda or cpu"
    return None


def chosen(name: str) -> str:
    """The device that `name` stands for: `auto` is the best one there is."""
    if name != "auto":
        return name
    return next((one for one in ("cuda", "mps") if missing(one) is None), "cpu")


if __name__ == "__main__":
    print(missing(sys.argv[1]) or "")
