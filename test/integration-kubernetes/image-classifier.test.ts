import { imageClassifier } from "../examples/image-classifier.ts";
import { kubernetesExample } from "../support/example.ts";

imageClassifier(() => kubernetesExample("image-classifier"));
