import { windPower } from "../examples/wind-power.ts";
import { dockerExample } from "../support/example.ts";

windPower(() => dockerExample("wind-power"));
