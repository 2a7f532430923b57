"""The page: what is drawn, and how it looks."""

import time
from datetime import UTC, datetime
from typing import Any

from dash import dcc, html

from wind_power.settings import Ui
from wind_power.ui_data import Snapshot

REFRESH = 5
"""Seconds between two looks at the database."""
LOST = 15
"""Seconds after which an answer that is not there yet counts as lost."""
ASK = f"""(_, asked, shown) =>
  asked && asked !== shown && Date.now() - asked < {LOST * 1000} ? window.dash_clientside.no_update : Date.now()"""
"""Asks again once the last answer is shown: Dash drops an answer where a later question is open, and where each is late it would show none."""

STYLE = """<style>
body { margin: 0; background: #f5f6f8; color: #1d2733; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px; }
header { display: flex; align-items: baseline; gap: 20px; flex-wrap: wrap; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 15px; margin: 0 0 8px; }
a { color: #0b62a8; }
.trouble { color: #93370d; min-height: 1.5em; }
.tiles, .panels { display: grid; gap: 14px; margin-bottom: 14px; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.panels { grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); }
.card { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 12px 14px; }
.tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.tile span, th { color: #5a6675; font-weight: normal; font-size: 13px; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; padding: 3px 10px 3px 0; }
</style>"""

INDEX = f"<!DOCTYPE html><html lang='en'><head>{{%metas%}}<title>{{%title%}}</title>{{%favicon%}}{{%css%}}{STYLE}</head><body>{{%app_entry%}}<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body></html>"

TILES = {"measured": "rows measured", "predicted": "rows predicted", "newest": "newest prediction for (UTC)", "mae": "mean absolute error", "rmse": "root mean squared error"}
CONFIG = {"displayModeBar": False, "displaylogo": False}


def layout(settings: Ui) -> html.Main:
    """The page without data; reads nothing."""
    links = [("MLflow", settings.mlflow_ui_uri), ("Kedro-Viz", settings.kedro_viz_uri)]
    return html.Main(
        [
            html.Header([html.H1("Wind power forecast"), *(html.A(title, href=str(uri), target="_blank", rel="noopener") for title, uri in links if uri)]),
            html.P("no data yet", id="trouble", className="trouble"),
            html.Div([html.Div([html.Span(title), html.B("–", id=name)], className="card tile") for name, title in TILES.items()], className="tiles"),
            html.Div(dcc.Graph(id="power", config=CONFIG, figure=power_figure(None)), className="card"),
            html.Br(),
            html.Div(dcc.Graph(id="errors", config=CONFIG, figure=error_figure(None)), className="card"),
            html.Br(),
            html.Div(
                [
                    html.Div([html.H2("Model"), html.Div(id="model")], className="card"),
                    html.Div([html.H2("Pipeline"), html.Div(id="steps")], className="card"),
                ],
                className="panels",
            ),
            dcc.Interval(id="refresh", interval=REFRESH * 1000),
            dcc.Store(id="asked"),
            dcc.Store(id="shown"),
        ]
    )


def tiles(seen: Snapshot | None) -> list[str]:
    """The numbers in the order of `TILES`."""
    if seen is None:
        return ["–"] * len(TILES)
    newest = f"{moment(seen.pairs[-1].time):%d %b %Y %H:%M}" if seen.pairs else "–"
    return [f"{seen.measured:,}", f"{seen.predicted:,}", newest, *(f"{error:.1f} kW" for error in seen.errors or ())] + ["–"] * (0 if seen.errors else 2)


def power_figure(seen: Snapshot | None) -> dict[str, Any]:
    """Predictions against what was measured."""
    rows = seen.rows if seen else []
    times = [moment(row.time) for row in rows]
    measured = {"x": times, "y": [row.power for row in rows], "name": "measured", "mode": "lines", "line": {"color": "#5a6675", "width": 2}}
    predicted = {"x": times, "y": [row.predicted for row in rows], "name": "predicted", "mode": "lines", "line": {"color": "#d9480f", "width": 2, "dash": "dot"}}
    return {"data": [measured, predicted], "layout": figure_layout("Power in kW, newest day", 300)}


def error_figure(seen: Snapshot | None) -> dict[str, Any]:
    """By how much the predictions were wrong."""
    pairs = seen.pairs if seen else []
    bars = {"type": "bar", "x": [moment(row.time) for row in pairs], "y": [row.predicted - row.power for row in pairs], "marker": {"color": "#0b62a8"}}
    return {"data": [bars], "layout": figure_layout("Predicted less measured, in kW", 200)}


def figure_layout(title: str, height: int) -> dict[str, Any]:
    place = {"l": 50, "r": 10, "t": 34, "b": 30}
    return {"title": {"text": title, "font": {"size": 15}, "x": 0, "xanchor": "left"}, "height": height, "margin": place, "uirevision": title, "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.15}}


def model_table(facts: list[tuple[str, str]], trouble: str | None) -> list[Any]:
    """Name, version, alias and what the version was measured by; and why that is not of now."""
    rows = [html.Tr([html.Th(name), html.Td(value, id=f"model-{name}")]) for name, value in facts]
    return [html.Table(rows), *([html.Div(trouble, className="trouble")] if trouble else [])]


def step_table(seen: Snapshot | None) -> html.Table | str:
    """When each step last succeeded, and how far it is behind."""
    if seen is None or not seen.steps:
        return "no step has succeeded yet"
    head = html.Tr([html.Th(name) for name in ("step", "last success", "rows behind", "what")])
    now = time.time()
    return html.Table([head, *(html.Tr([html.Td(one.step), html.Td(ago(now - one.last_success)), html.Td(one.lag_rows), html.Td(one.detail)]) for one in seen.steps)])


def ago(seconds: float) -> str:
    """An age in the unit that one reads."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(0, seconds):.0f} s ago"


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
