"""A feature store for card payments: Parquet files, what Feast knows of them, and the newest values in Redis."""
