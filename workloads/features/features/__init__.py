"""The fraud-detection features: on disk as Parquet, in memory in Redis."""
