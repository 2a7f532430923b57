import { promises } from "../../contract/promises.ts";
import { kubernetesTarget } from "../../support/kubernetes-target.ts";
import { JOBS } from "./shares.ts";

promises(() => kubernetesTarget("ct-jobs"), JOBS);
