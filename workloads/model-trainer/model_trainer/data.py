"""Generated card payments: what is known of each when it is made, and whether it was fraud."""

import numpy as np
import pandas as pd

COLUMNS = [
    "amount",
    "hour",
    "account_age_days",
    "payments_last_day",
    "distance_km",
    "new_device",
    "foreign_merchant",
    "failed_logins",
    "merchant_risk",
    "share_of_balance",
]
LABEL = "fraud"
FOLLOWS_CLOCK = ["hour"]
"""What a server is asked in some minutes is never like it was in training; it is not compared."""

HOLDOUT = 1_000_003
"""Added to the seed for rows that no training with that seed has seen."""


def generate(rows: int, seed: int) -> pd.DataFrame:
    """Payments of which about one in fifteen is fraud.

    Fraud is likelier at night on a new device, far from home for an account that is young, and where much of the balance
    goes at once: only a model that joins columns sees it. Values are rounded as they would be stored, so that 32
    bits distinguish them as well as 64.
    """
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "amount": rng.lognormal(3.6, 1.1, rows).clip(0.5, 5000).round(2),
            "hour": rng.integers(0, 24, rows).astype(float),
            "account_age_days": rng.gamma(1.5, 400, rows).clip(0, 6000).round(),
            "payments_last_day": rng.poisson(2.5, rows).astype(float),
            "distance_km": rng.exponential(60, rows).clip(0, 3000).round(1),
            "new_device": (rng.random(rows) < 0.12).astype(float),
            "foreign_merchant": (rng.random(rows) < 0.15).astype(float),
            "failed_logins": rng.poisson(0.3, rows).astype(float),
            "merchant_risk": rng.beta(2, 6, rows).round(3),
            "share_of_balance": rng.beta(1.2, 8, rows).round(3),
        }
    )[COLUMNS]
    night = (data["hour"] < 6) | (data["hour"] > 22)
    young = data["account_age_days"] < 120
    odds = (
        -10.0
        + 4.2 * (night & (data["new_device"] == 1))
        + 4.0 * (young & (data["distance_km"] > 100))
        + 1.6 * data["new_device"]
        + 1.2 * data["foreign_merchant"]
        + 1.5 * data["failed_logins"]
        + 9.0 * data["merchant_risk"]
        + 11.0 * data["share_of_balance"]
        + 0.9 * np.log(data["amount"] / 36)
        + 0.4 * (data["payments_last_day"] - 2.5).clip(lower=0)
    )
    data[LABEL] = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)
    return data
