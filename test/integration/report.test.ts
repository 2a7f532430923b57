import { truth } from "../report/truth.ts";
import { lookedAtOnDocker } from "../support/docker-world.ts";

truth(
  [
    [
      "another log level for two replicas",
      "more memory for an API",
      "more memory for ranks",
      "more restarts for ranks",
      "less memory for work that is done",
      "features are kept from now on",
    ],
    ["a lower rate limit", "a variable of a job", "more memory for Redis", "more processor for ranks", "less memory for an API"],
    ["another password of Redis", "another key", "open to the network", "a folder of the host", "new source data"],
    ["another DNS server"],
    ["fewer replicas", "no training any more", "no server any more"],
  ],
  () => lookedAtOnDocker("report"),
);
