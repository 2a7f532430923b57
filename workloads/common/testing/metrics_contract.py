"""What a server's `/metrics` must have. Each server's tests ask this of the image that ships; docs/metrics.md has the same lists."""

import re

REQUESTS = {
    "mlstack_started_timestamp_seconds": ("gauge", {"component"}),
    "mlstack_ready": ("gauge", {"component"}),
    "mlstack_requests_total": ("counter", {"component", "route", "code"}),
    "mlstack_request_seconds": ("histogram", {"component", "route"}),
    "mlstack_requests_in_flight": ("gauge", {"component", "route"}),
}
"""Of every server."""

STEP = {
    "mlstack_started_timestamp_seconds": ("gauge", {"step"}),
    "mlstack_step_last_success_timestamp_seconds": ("gauge", {"step"}),
    "mlstack_step_lag_rows": ("gauge", {"step"}),
    "mlstack_step_failures_total": ("counter", {"step"}),
}
"""Of every step of a pipeline that never ends."""

PARTS = {
    "model": {
        "mlstack_model_info": ("gauge", {"component", "name", "version", "alias", "sha256"}),
        "mlstack_model_load_seconds": ("gauge", {"component", "name"}),
    },
    "golden": {"mlstack_golden_request_ok": ("gauge", {"component", "name"})},
    "reference": {"mlstack_feature_shift_rows": ("gauge", {"component", "name"})},
    "shift": {"mlstack_feature_shift": ("gauge", {"component", "name", "feature"})},
    "features": {
        "mlstack_feature_reads_total": ("counter", {"component", "source"}),
        "mlstack_feature_misses_total": ("counter", {"component"}),
        "mlstack_feature_age_seconds": ("gauge", {"component", "source"}),
    },
}
"""Of a server that has a model, a question whose answer is known, what its features were like in training, enough rows to compare with
them, features that it looks up."""


def conforms(text, component, *parts):
    """Refuses the numbers of a server that has answered a question, unless they are those of the contract, and no other name of it."""
    check(text, component, REQUESTS, parts)
    routes = {one["route"] for name in REQUESTS for one in series_of(text, name) if "route" in one}
    assert "/metrics" in routes and all(route == "other" or route.startswith("/") for route in routes), routes


def step_conforms(text, step, *parts):
    """The same for a step that never ends, and that has succeeded."""
    check(text, step, STEP, parts)


def check(text, component, family, parts):
    required = family | {name: family for part in parts for name, family in PARTS[part].items()}
    kinds = {name: kind for name, kind in re.findall(r"^# TYPE (mlstack_\S+) (\S+)$", text, re.MULTILINE) if series_of(text, name)}
    assert set(kinds) == set(required), f"missing {set(required) - set(kinds)}, not in the contract {set(kinds) - set(required)}"
    for name, (kind, labels) in required.items():
        assert kinds[name] == kind, f"{name} is a {kinds[name]}, not a {kind}"
        assert re.search(rf"^# HELP {name} \S", text, re.MULTILINE), f"{name} says nothing of itself"
        for one in series_of(text, name):
            assert set(one) - {"le"} == labels, f"{name} has the labels {set(one)}, not {labels}"
            assert one.get("component", one.get("step")) == component, f"{name} is of {one}, not of {component}"


def series_of(text, name):
    """The labels of each series of a family."""
    found = re.findall(rf"^{name}(?:_bucket|_sum|_count)?{{(.*)}} \S+$", text, re.MULTILINE)
    return [dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)) for labels in found]
