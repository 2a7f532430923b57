"""What the reference workloads share. Each module needs only the libraries it imports; see the extras in pyproject.toml."""
