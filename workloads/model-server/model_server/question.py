"""What a client may ask, and the question whose answer is known."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, FailFast, Field, model_validator

from mlstack_common.api import Number

Row = Annotated[list[Number], FailFast()]
Names = Annotated[list[str], Field(min_length=1, max_length=10_000)]
Rows = Annotated[list[Row], FailFast(), Field(min_length=1)]


def equally_long(values: dict[str, list[float]]) -> dict[str, list[float]]:
    """Each column has a value for each row, and there is a row."""
    lengths = {name: len(column) for name, column in values.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        some = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:20])
        raise ValueError(f"must have as many values in each column, at least one, has {some}")
    return values


Values = Annotated[dict[str, Row], Field(min_length=1, max_length=10_000), AfterValidator(equally_long)]


class Question(BaseModel, extra="forbid"):
    """Rows to score: one number for each column."""

    columns: Names
    rows: Rows

    @property
    def values(self) -> str:
        """Where in the request the numbers are."""
        return "rows"

    def place(self, row: int | None = None, column: int | None = None) -> str:
        """Where in the request something is: the columns as a whole, a row, or a number of it."""
        return "columns" if row is None else f"rows.{row}" if column is None else f"rows.{row}.{column}"


class ByColumn(Question):
    """Rows that were given as the values of each column."""

    @property
    def values(self) -> str:
        return "data"

    def place(self, row: int | None = None, column: int | None = None) -> str:
        return "data" if row is None or column is None else f"data.{self.columns[column]}.{row}"


class Asked(BaseModel, extra="forbid"):
    """Rows to score: `columns` and `rows`, or `data`, which has the values of each column."""

    # Empty is what is not given: a client's own may not be.
    columns: Names = []
    rows: Rows = []
    data: Values = Field({}, examples=[{"feature1": [1.0, 2.0], "feature2": [3.0, 4.0]}])

    @model_validator(mode="after")
    def has_one_form(self) -> "Asked":
        wrong = bool(self.columns or self.rows) if self.data else not (self.columns and self.rows)
        if wrong:
            raise ValueError("must have columns and rows, or data with the values of each column")
        return self

    def question(self) -> Question:
        """The rows, whichever form they came in."""
        if not self.data:
            return Question.model_construct(columns=self.columns, rows=self.rows)
        return ByColumn.model_construct(columns=list(self.data), rows=list(zip(*self.data.values(), strict=True)))


class Predictions(BaseModel):
    """One number for each row."""

    predictions: list[Number] = Field(min_length=1)


class Golden(BaseModel):
    """A question whose answer is known; a difference up to `tolerance` counts as none."""

    request: Question
    response: Predictions
    tolerance: float = Field(gt=0, lt=1)
