"""Online features and fraud scores, from Redis while it answers and from Parquet while it does not."""
