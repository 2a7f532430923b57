import { catBreeds } from "../examples/cat-breeds.ts";
import { kubernetesExample } from "../support/example.ts";

catBreeds(() => kubernetesExample("cat-breeds"));
