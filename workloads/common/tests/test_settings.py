import pytest
from mlstack_common.ending import Exit, Failure
from mlstack_common.settings import read
from mlstack_common.tracking import TrackingSettings
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str
    port: int = Field(8000, ge=1, le=65535)
    address: str = Field("a:1", pattern="^[a-z]+:[0-9]+$")
    password: SecretStr | None = Field(None, min_length=12)
    color: str = "red"

    @field_validator("color")
    @classmethod
    def is_known(cls, color):
        if color != "red":
            raise ValueError(f"must be red, got {color}")
        return color

    @model_validator(mode="after")
    def fits(self):
        if self.name == "odd":
            raise ValueError("NAME: does not go with PORT")
        return self


def mistakes(monkeypatch, settings=Settings, **env):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Failure) as failure:
        read(settings)
    assert failure.value.code == Exit.SETTINGS
    return str(failure.value).splitlines()


def test_gives_the_variables(monkeypatch):
    monkeypatch.setenv("NAME", "a")
    monkeypatch.setenv("PORT", "80")
    assert read(Settings).port == 80


def test_reports_all_mistakes_with_the_values_but_no_secret(monkeypatch):
    lines = mistakes(monkeypatch, PORT="0", ADDRESS="eve:hunter2@mlflow", PASSWORD="swordfish", COLOR="blue")
    assert lines == [
        "NAME: is required",
        "PORT: Input should be greater than or equal to 1, got '0'",
        "ADDRESS: String should match pattern '^[a-z]+:[0-9]+$'",
        "PASSWORD: Value should have at least 12 items after validation, not 9",
        "COLOR: must be red, got blue",
    ]


def test_a_rule_of_the_whole_class_names_its_variable(monkeypatch):
    assert mistakes(monkeypatch, NAME="odd") == ["NAME: does not go with PORT"]


def test_a_long_value_is_not_repeated(monkeypatch):
    assert mistakes(monkeypatch, NAME="a", PORT="9" * 200)[0].startswith("PORT: ")
    assert "9" * 101 not in mistakes(monkeypatch, NAME="a", PORT="9" * 200)[0]


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({}, "MLFLOW_TRACKING_URI: is required"),
        (
            {"MLFLOW_TRACKING_URI": "http://eve:hunter2@m"},
            "MLFLOW_TRACKING_URI: must not hold a login; put it into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        ),
        (
            {"MLFLOW_TRACKING_URI": "http://m", "MLFLOW_TRACKING_USERNAME": "eve"},
            "MLFLOW_TRACKING_PASSWORD: give MLFLOW_TRACKING_USERNAME and this, or neither",
        ),
        (
            {"MLFLOW_TRACKING_URI": "http://m", "MLFLOW_TRACKING_PASSWORD": "hunter2"},
            "MLFLOW_TRACKING_PASSWORD: give MLFLOW_TRACKING_USERNAME and this, or neither",
        ),
    ],
)
def test_a_login_is_whole_and_not_in_the_address(monkeypatch, env, line):
    assert mistakes(monkeypatch, TrackingSettings, **env) == [line]


def test_gives_address_and_login(monkeypatch):
    for name, value in {"URI": "http://m:5000/", "USERNAME": "eve", "PASSWORD": "hunter2"}.items():
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", value)
    settings = read(TrackingSettings)
    assert (settings.tracking_url, settings.login) == ("http://m:5000", ("eve", "hunter2"))
