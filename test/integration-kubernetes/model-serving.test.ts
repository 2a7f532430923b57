import { modelServing } from "../examples/model-serving.ts";
import { kubernetesExample } from "../support/example.ts";

modelServing(() => kubernetesExample("model-serving"));
