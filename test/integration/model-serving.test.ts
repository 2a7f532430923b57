import { modelServing } from "../examples/model-serving.ts";
import { dockerExample } from "../support/example.ts";

modelServing(() => dockerExample("model-serving"));
