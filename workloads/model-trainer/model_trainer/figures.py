"""Pictures of a run."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from model_trainer.data import COLUMNS

mpl.use("agg")


def roc(labels: pd.Series, scores: np.ndarray) -> Figure:
    """Fraud found against false alarms."""
    alarms, found, _ = roc_curve(labels, scores)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(alarms, found)
    axes.set(xlabel="share of honest payments that are stopped", ylabel="share of fraud that is stopped")
    return figure


def importance(model: LGBMClassifier) -> Figure:
    """How much each column helps."""
    gains = model.booster_.feature_importance("gain")
    order = np.argsort(gains)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.barh([COLUMNS[index] for index in order], gains[order])
    axes.set(xlabel="total gain")
    return figure
