"""The pipeline: history → features → training → a version in the registry."""

from kedro.pipeline import Pipeline, node

from wind_batch.nodes import features_of, fit, history_of, version_of


def register_pipelines() -> dict[str, Pipeline]:
    """The parts by name, and all of them."""
    history = Pipeline([node(history_of, "params:history", "measurements", name="history", tags="history")])
    training = Pipeline(
        [
            node(features_of, "measurements", ["features", "power", "made_of"], name="features", tags="train"),
            node(fit, ["features", "power", "made_of", "params:training"], "trained", name="fit", tags="train"),
            node(version_of, "trained", "model_version", name="register", tags="train"),
        ]
    )
    return {"__default__": history + training, "history": history, "train": training}
