"""Serves one version of a model, which comes from the registry, is verified, and answers a known request first."""
