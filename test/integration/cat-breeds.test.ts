import { catBreeds } from "../examples/cat-breeds.ts";
import { dockerExample } from "../support/example.ts";

catBreeds(() => dockerExample("cat-breeds"));
