"""A small convolutional network for photographs, in the manner of MobileNet: depthwise convolutions, each followed by a pointwise one."""

from itertools import pairwise

import torch
from torch import nn

from image_api.catalogue import WIDTHS


class CatNet(nn.Module):
    """Five halvings of the picture, a mean over what is left, one linear layer; the outputs are logits."""

    def __init__(self, name: str, classes: int) -> None:
        super().__init__()
        width = WIDTHS[name]
        channels = [width, width * 2, width * 4, width * 8, width * 16]
        first = nn.Sequential(nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        blocks = [separable(before, after) for before, after in pairwise(channels)]
        self.features = nn.Sequential(first, *blocks)
        self.out = nn.Linear(channels[-1], classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.out(self.features(images).mean((2, 3)))


def separable(before: int, after: int) -> nn.Sequential:
    """A depthwise convolution that halves the picture and a pointwise one that widens it."""
    return nn.Sequential(
        nn.Conv2d(before, before, 3, stride=2, padding=1, groups=before, bias=False),
        nn.BatchNorm2d(before),
        nn.ReLU(),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )
