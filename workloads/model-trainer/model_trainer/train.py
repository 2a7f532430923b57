"""`model-train`: trains on generated payments, logs the run, registers a version and sets the alias to it."""

from model_trainer.command import run
from model_trainer.settings import Settings


def train(settings: Settings) -> None:
    """Registers one version."""
    import mlflow

    from model_trainer import export, figures, registry
    from model_trainer.data import HOLDOUT, LABEL, generate
    from model_trainer.fit import fit, measures

    client = registry.connect(settings)
    data, holdout = generate(settings.rows, settings.seed), generate(settings.holdout_rows, settings.seed + HOLDOUT)
    model = fit(settings, data)
    exported = export.to_onnx(model)
    answers = export.prove(model, exported.SerializeToString(), holdout)
    files = {
        export.MODEL: exported.SerializeToString(),
        export.GOLDEN: export.golden_of(holdout, answers),
        export.REFERENCE: export.reference_of(data),
    }
    scores = measures(holdout[LABEL], answers)
    with mlflow.start_run(run_name="train") as active:
        mlflow.log_params(settings.parameters | {"holdout_rows": settings.holdout_rows})
        mlflow.log_metrics(scores)
        mlflow.log_figure(figures.roc(holdout[LABEL], answers), "roc.png")
        mlflow.log_figure(figures.importance(model), "importance.png")
        version, sha256 = registry.register(client, settings, registry.log_model(exported), files)
        mlflow.set_tag("mlstack.version", version)
    # Last of all: a client that follows the alias finds a version that is whole.
    client.set_registered_model_alias(settings.model_name, settings.model_alias, version)
    print(
        f"registered {settings.model_name} version {version} (auc {scores['auc']:.2f}, sha256 {sha256[:12]}), "
        f"alias {settings.model_alias} -> {version}, run {active.info.run_id}"
    )


def main() -> None:
    run(train)
