import { imageClassifier } from "../examples/image-classifier.ts";
import { dockerExample } from "../support/example.ts";

imageClassifier(() => dockerExample("image-classifier"));
