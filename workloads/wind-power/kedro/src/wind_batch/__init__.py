"""The batch part of the pipeline as a Kedro project: history, features, training. The steps that never end are not Kedro's."""
