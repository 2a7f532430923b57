import { promises } from "../../contract/promises.ts";
import { kubernetesTarget } from "../../support/kubernetes-target.ts";
import { SERVICES } from "./shares.ts";

promises(() => kubernetesTarget("ct-services"), SERVICES);
