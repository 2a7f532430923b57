"""The HTTP interface."""

from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException

from mlstack_common.about import introduce
from mlstack_common.api import create_api
from mlstack_common.measure import measure
from mlstack_common.refusal import Mistake, Refusal
from mlstack_common.timing import LEAVING
from model_server.metrics import NAME
from model_server.model import WrongQuestion
from model_server.question import Asked

if TYPE_CHECKING:
    from model_server.service import ModelService


def create_app(service: "ModelService") -> FastAPI:
    """The application around a model that is loaded, or will be."""
    settings = service.settings
    model = {"model": settings.model_name, "version": str(settings.model_version)}
    # Interactive documentation would need files from elsewhere; the schema is at /openapi.json.
    app = create_api(NAME, "Scores rows with one version of a model.", docs_url=None, redoc_url=None)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", **model}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        if problem := service.not_ready():
            raise HTTPException(LEAVING if service.leaving else 503, problem)
        return {"status": "ready", **model}

    @app.post("/predict")
    def predict(asked: Asked) -> dict[str, object]:
        """Scores rows: `columns` with `rows`, or `data`, the values of each column."""
        if service.model is None:
            raise HTTPException(503, service.problem)
        question = asked.question()
        if len(question.rows) > settings.max_rows:
            mistake = Mistake(question.values, f"{len(question.rows)} rows are given, at most {settings.max_rows} are answered at once")
            raise Refusal(422, [mistake])
        try:
            predictions = service.answer(service.model, question)
        except WrongQuestion as error:
            raise Refusal(422, [Mistake(error.place, str(error))]) from error
        return {"predictions": predictions, **model}

    if settings.feast_registry_uri:
        from model_server.feast_route import add_feast_route  # here: the minimal image has no Feast

        add_feast_route(app, service)

    measure(app, NAME, service.is_ready)
    introduce(app, **model)
    return app
