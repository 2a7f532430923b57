/**
 * The policy pack `mlstack`, for Pulumi's engine. What a rule says is in the files beside this one.
 *
 * In plain JavaScript, so that only who runs it needs `@pulumi/policy`.
 */
// Before the SDK, which then starts in half its time.
import "../infra/lean-sdk.ts";

import { flushCompileCache } from "node:module";
import { PolicyPack } from "@pulumi/policy";

import { known } from "./known.ts";
import { settingsIn, stackRules } from "./stack-rules.ts";
import { workloadIn } from "./workload.ts";
import { workloadRules } from "./workload-rules.ts";

const schemaOf = ({ settings }) => (settings === undefined ? {} : { configSchema: { properties: settings } });

new PolicyPack("mlstack", {
  policies: [
    ...workloadRules.map((rule) => ({
      name: rule.name,
      description: rule.description,
      enforcementLevel: rule.level,
      ...schemaOf(rule),
      validateResource: ({ type, name, urn, props, getConfig }, report) => {
        const workload = workloadIn({ type, name, urn, inputs: known(props) });
        if (workload !== undefined) for (const violation of rule.check(workload, getConfig())) report(violation);
      },
    })),
    ...stackRules.map((rule) => ({
      name: rule.name,
      description: rule.description,
      enforcementLevel: rule.level,
      ...schemaOf(rule),
      validateStack: ({ resources, getConfig }, report) => {
        const all = resources.map(({ type, name, urn, props }) => ({ type, name, urn, inputs: known(props) }));
        const stack = { workloads: all.flatMap((one) => workloadIn(one) ?? []), settings: settingsIn(all) };
        for (const violation of rule.check(stack, getConfig())) report(violation);
      },
    })),
  ],
});

// The engine kills a pack when it is done, so that Node would never keep the code that it has compiled.
flushCompileCache();
