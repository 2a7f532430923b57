"""Wind power from the first row to the page: each step is `python -m wind_power STEP`."""
