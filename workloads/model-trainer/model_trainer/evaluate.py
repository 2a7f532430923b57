"""`model-evaluate`: scores fresh payments with the version behind an alias; a good one may be promoted."""

from mlstack_common.ending import Exit, Failure
from model_trainer.command import run
from model_trainer.settings import Settings


def evaluate(settings: Settings) -> None:
    """Measures the version on rows that no training has seen, and sets the alias `PROMOTE_TO` to a good one."""
    import mlflow

    from model_trainer import export, registry
    from model_trainer.data import HOLDOUT, LABEL, generate
    from model_trainer.fit import measures

    client = registry.connect(settings)
    version, model = registry.fetch(client, settings)
    fresh = generate(settings.holdout_rows, settings.seed + 2 * HOLDOUT)
    scores = measures(fresh[LABEL], export.score(model, fresh))
    auc = scores["auc"]
    good = auc >= settings.min_auc
    with mlflow.start_run(run_name="evaluate"):
        mlflow.log_params({"model": settings.model_name, "version": version, "seed": settings.seed, "holdout_rows": settings.holdout_rows})
        mlflow.log_metrics(scores)
        mlflow.set_tag("mlstack.good", str(good).lower())
    title = f"{settings.model_name} version {version} ({settings.model_alias})"
    if not good:
        raise Failure(
            Exit.DATA, f"{title}: auc {auc:.4f} is below MIN_AUC {settings.min_auc:g} on {settings.holdout_rows} fresh rows; no alias was set"
        )
    promoted = ""
    if settings.promote_to is not None:
        client.set_registered_model_alias(settings.model_name, settings.promote_to, version)
        promoted = f", alias {settings.promote_to} -> {version}"
    print(f"evaluated {title}: auc {auc:.4f} on {settings.holdout_rows} fresh rows{promoted}")


def main() -> None:
    run(evaluate)
