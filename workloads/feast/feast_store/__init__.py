"""A feature store for card payments: Parquet files, their definitions in Feast, and the newest values in Redis."""
