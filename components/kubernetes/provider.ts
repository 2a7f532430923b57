/**
 * The providers' resources, each from its own file: an index loads hundreds of modules, which would be a good part of a
 * preview's time. Docker's two build and push images.
 */
export { Provider as DockerProvider } from "@pulumi/docker/provider.js";
export { RegistryImage } from "@pulumi/docker/registryImage.js";
export { RemoteImage } from "@pulumi/docker/remoteImage.js";
export { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
export { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
export { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
export { Job } from "@pulumi/kubernetes/batch/v1/job.js";
export { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
export { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
export { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
export { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
export { Service } from "@pulumi/kubernetes/core/v1/service.js";
export { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
export { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
export { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
export { Provider } from "@pulumi/kubernetes/provider.js";
export { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
export { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
export type * as inputs from "@pulumi/kubernetes/types/input.js";
