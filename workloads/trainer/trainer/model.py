"""A small graph model in the manner of GraphSAGE: an account is scored by its own features and those of its partners."""

import torch
from torch import nn


class FraudModel(nn.Module):
    """One neighbour aggregation, two layers; the output is a logit for each account."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.own = nn.Linear(features, hidden)
        self.theirs = nn.Linear(features, hidden, bias=False)
        self.out = nn.Linear(hidden, 1)

    def forward(self, features: torch.Tensor, neighbours: torch.Tensor) -> torch.Tensor:
        return self.out(torch.relu(self.own(features) + self.theirs(neighbours))).squeeze(-1)
