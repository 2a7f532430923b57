"""`ui`: the page with predictions and errors, refreshed every five seconds; answers whatever else is away."""

import logging
import time

import pandas  # noqa: F401  whole before a thread loads MLflow: Plotly would take it half loaded, and answer 500
import waitress
from dash import Dash, Input, Output, State
from flask import Flask, Response, g, request

from mlstack_common import logs
from mlstack_common.ending import Exit, Failure
from mlstack_common.metrics import CONTENT_TYPE_LATEST, ReadyMetrics, RequestMetrics, exposition
from mlstack_common.settings import read
from wind_power import ui_page
from wind_power.database import Database
from wind_power.settings import Ui
from wind_power.ui_data import look
from wind_power.ui_model import ModelFacts

READ = 2
"""Seconds for which the page waits for a database that is locked, before it says so."""
THREADS = 8
OTHER = "other"
"""Route of all requests that no route takes, so that strangers add no series."""


def app_of(database: Database, model: ModelFacts, settings: Ui) -> Dash:
    """The page. All that a browser loads for it comes from here."""
    server = Flask("wind_power")
    app = Dash("wind_power", server=server, title="Wind power forecast", update_title="", serve_locally=True, index_string=ui_page.INDEX)
    app.layout = ui_page.layout(settings)

    ids = ["trouble", *ui_page.TILES]
    outputs = [*(Output(name, "children") for name in ids), *(Output(name, "figure") for name in ("power", "errors"))]

    app.clientside_callback(ui_page.ASK, Output("asked", "data"), Input("refresh", "n_intervals"), State("asked", "data"), State("shown", "data"))

    @app.callback(*outputs, Output("model", "children"), Output("steps", "children"), Output("shown", "data"), Input("asked", "data"))
    def refresh(asked: int | None) -> tuple:
        seen = look(database)
        trouble, seen = (seen, None) if isinstance(seen, str) else ("", seen)
        figures = ui_page.power_figure(seen), ui_page.error_figure(seen)
        return trouble, *ui_page.tiles(seen), *figures, ui_page.model_table(model.facts, model.trouble), ui_page.step_table(seen), asked

    @server.get("/healthz")
    def healthz() -> str:
        return "ok\n"

    @server.get("/metrics")
    def numbers() -> Response:
        return Response(exposition(), content_type=CONTENT_TYPE_LATEST)

    measure(server)
    return app


def measure(server: Flask) -> None:
    """Counts every request by its route."""

    metrics = RequestMetrics("ui")
    ReadyMetrics("ui", lambda: True)  # it has something to say, whatever is away

    @server.before_request
    def begin() -> None:
        g.started, g.code, g.route = time.perf_counter(), 500, request.url_rule.rule if request.url_rule else OTHER
        metrics.began(g.route)

    @server.after_request
    def answered(answer: Response) -> Response:
        g.code = answer.status_code
        return answer

    @server.teardown_request
    def end(_: BaseException | None) -> None:
        if route := g.pop("route", None):
            metrics.ended(route, g.code, time.perf_counter() - g.started)


def main() -> None:
    settings = read(Ui)
    logs.start(settings.log_level, quiet=["alembic", "mlflow", "waitress"])
    model = ModelFacts(settings)
    app = app_of(Database(settings.database_url.get_secret_value(), READ), model, settings)
    try:
        server = waitress.create_server(app.server, host=settings.api_host, port=settings.api_port, threads=THREADS, ident=None)
    except OSError as error:
        raise Failure(Exit.NOT_STARTED, f"API_PORT {settings.api_port} cannot be used: {error.strerror}; choose another") from error
    model.start()
    logging.getLogger("ui").info("the page is at port %d", settings.api_port)
    server.run()
