"""The fraud model from data to the registry: train, evaluate, tune, all with the same settings and the same environment."""
