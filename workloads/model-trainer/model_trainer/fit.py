"""The model, and how good it is."""

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from model_trainer.data import COLUMNS, LABEL
from model_trainer.settings import Settings


def fit(settings: Settings, data: pd.DataFrame, **other: float) -> LGBMClassifier:
    """A model of the data; `other` parameters go before those of the settings."""
    chosen = settings.parameters | other
    model = LGBMClassifier(
        n_estimators=int(chosen["rounds"]),
        num_leaves=int(chosen["leaves"]),
        learning_rate=chosen["learning_rate"],
        min_child_samples=40,
        random_state=settings.seed,
        n_jobs=settings.threads,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    return model.fit(data[COLUMNS].to_numpy(np.float32), data[LABEL].to_numpy())


def probabilities(model: LGBMClassifier, data: pd.DataFrame) -> np.ndarray:
    """Probability of fraud for each row, by the model that was fitted."""
    return model.booster_.predict(data[COLUMNS].to_numpy(np.float32), num_threads=1)


def measures(labels: pd.Series, scores: np.ndarray) -> dict[str, float]:
    """How well scores separate fraud from the rest."""
    return {
        "auc": float(roc_auc_score(labels, scores)),
        "average_precision": float(average_precision_score(labels, scores)),
        "log_loss": float(log_loss(labels, np.clip(scores, 1e-7, 1 - 1e-7))),
    }
