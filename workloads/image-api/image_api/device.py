"""Which device computes."""

import subprocess
import sys

TORCH_SECONDS = 120
"""Most seconds that PyTorch may take to list its devices."""


def problem(name: str) -> str | None:
    """Why `name` cannot compute here; None when it can.

    Found out in another process: one that has looked for CUDA can no longer fork workers that use it.
    """
    if name in ("auto", "cpu"):
        return None
    try:
        probe = subprocess.run([sys.executable, "-m", "image_api.device", name], capture_output=True, text=True, timeout=TORCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"PyTorch does not answer within {TORCH_SECONDS} s whether there is {name}; check the driver"
    if probe.returncode != 0:
        return f"PyTorch cannot look for {name}: {(probe.stderr.splitlines() or ['it printed nothing'])[-1]}"
    return probe.stdout.strip() or None


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


def device_for(name: str) -> str:
    """The device called `name`; `auto` is the best one that exists."""
    if name != "auto":
        return name
    return next((one for one in ("cuda", "mps") if missing(one) is None), "cpu")


if __name__ == "__main__":
    print(missing(sys.argv[1]) or "")
