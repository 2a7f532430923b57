"""`model-tune`: looks for better parameters; each trial is a run below that of the search."""

from model_trainer.command import run
from model_trainer.settings import Settings


def tune(settings: Settings) -> None:
    """Tries `TRIALS` models, and prints the best parameters."""
    import mlflow
    import optuna

    from model_trainer import registry
    from model_trainer.data import HOLDOUT, LABEL, generate
    from model_trainer.fit import fit, measures, probabilities

    registry.connect(settings)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    data, holdout = generate(settings.rows, settings.seed), generate(settings.holdout_rows, settings.seed + HOLDOUT)

    def objective(trial: optuna.Trial) -> float:
        parameters = {
            "rounds": trial.suggest_int("rounds", 50, 400, step=10),
            "leaves": trial.suggest_int("leaves", 4, 63, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        }
        scores = measures(holdout[LABEL], probabilities(fit(settings, data, **parameters), holdout))
        with mlflow.start_run(run_name=f"trial-{trial.number}", nested=True):
            mlflow.log_params(settings.parameters | parameters)
            mlflow.log_metrics(scores)
        return scores["auc"]

    with mlflow.start_run(run_name="tune"):
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=settings.seed))
        study.optimize(objective, n_trials=settings.trials)
        mlflow.log_params({f"best_{name}": value for name, value in study.best_params.items()})
        mlflow.log_metric("best_auc", study.best_value)
    best = " ".join(f"{name.upper()}={value:.4g}" for name, value in study.best_params.items())
    print(f"best of {settings.trials} trials: auc {study.best_value:.4f} with {best} (trial {study.best_trial.number})")


def main() -> None:
    run(tune)
