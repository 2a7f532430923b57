import { truth } from "../report/truth.ts";
import { lookedAtOnKubernetes } from "../support/kubernetes-world.ts";

truth(
  [
    ["another log level for two replicas", "less memory for work that is done", "features are kept from now on", "a further header"],
    ["more memory for Redis", "a variable of a job", "less memory for an API", "more memory for ranks"],
    ["fewer replicas", "no training any more", "no server any more"],
  ],
  () => lookedAtOnKubernetes("report-k"),
);
