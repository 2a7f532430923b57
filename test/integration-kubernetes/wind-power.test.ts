import { windPower } from "../examples/wind-power.ts";
import { kubernetesExample } from "../support/example.ts";

windPower(() => kubernetesExample("wind-power"));
