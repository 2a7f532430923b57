"""The names that the files, the definitions and the model share. Nothing heavy is imported for them."""

PROJECT = "mlstack"
"""Feast's name for one set of definitions; part of every key in Redis."""

SERVICE = "fraud"
"""The feature service that is made unless MODEL_NAME gives another name."""

ENTITY = "account"
JOIN_KEY = "account_id"
TIMESTAMP = "event_timestamp"

VIEWS = {
    "account_profile": ["account_age_days", "payments_last_day", "failed_logins", "share_of_balance"],
    "last_payment": ["amount", "hour", "distance_km", "new_device", "foreign_merchant", "merchant_risk"],
}
"""Columns by feature view: together those of the model. Each view is one file."""


def file_of(view: str) -> str:
    """Name of a view's file, in the folder FEAST_DATA."""
    return f"{view}.parquet"
