import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { isHandle, type Secret, type Service } from "./handles.ts";
import { quoted } from "./mistakes.ts";
import { unreachable } from "./refuse.ts";

/** A variable's value: text, or a typed reference that each platform resolves in its own way. */
export type EnvValue = pulumi.Input<string> | SecretValue | ServiceReference;

/** A variable's value in a member of a gang, which may also name its place in the gang. */
export type GangEnvValue = EnvValue | MemberIndex | LeaderAddress;

/** One key of a secret. The value never enters the program's own text. */
export interface SecretValue {
  readonly from: "secret";
  readonly secret: Secret;
  readonly key: string;
}

/** Host name of a service; also the declaration that this workload may call it. */
export interface ServiceAddress {
  readonly from: "service-address";
  readonly service: Service;
}

/** `host:port` of a service; otherwise as its address. */
export interface ServiceEndpoint {
  readonly from: "service-endpoint";
  readonly service: Service;
}

/** URL of a service; otherwise as its address. */
export interface ServiceUrl {
  readonly from: "service-url";
  readonly service: Service;
  readonly scheme: "http";
  /** Begins with a slash, or is empty. */
  readonly path: string;
}

/** Where a service is reached. Each form declares that the workload may call it. */
export type ServiceReference = ServiceAddress | ServiceEndpoint | ServiceUrl;

/** Position of the member in its gang, from 0. */
export interface MemberIndex {
  readonly from: "member-index";
}

/** Stable host name of member 0. */
export interface LeaderAddress {
  readonly from: "leader-address";
}

/** The value of one key of `secret`. */
export function secretValue(secret: Secret, key: string): SecretValue {
  return { from: "secret", secret, key };
}

/** The host name under which `service` is reached. */
export function addressOf(service: Service): ServiceAddress {
  return { from: "service-address", service };
}

/** `host:port` of `service`, as clients without a URL want it. */
export function endpointOf(service: Service): ServiceEndpoint {
  return { from: "service-endpoint", service };
}

/**
 * The URL under which `service` is reached from inside the platform: `http://host:port` and the path.
 *
 * @param options `scheme`, default `http`, and `path`, which begins with a slash; default: none
 */
export function urlOf(service: Service, { scheme = "http", path = "" }: { scheme?: "http"; path?: string } = {}): ServiceUrl {
  return { from: "service-url", service, scheme, path };
}

/** The member's index in its gang, 0 to size − 1. */
export function memberIndex(): MemberIndex {
  return { from: "member-index" };
}

/** The host name of member 0 of the gang. */
export function leaderAddress(): LeaderAddress {
  return { from: "leader-address" };
}

/** Whether a value is one of the typed references, not text. */
export function isReference<E extends GangEnvValue>(value: E): value is Extract<E, { from: string }> {
  return typeof value === "object" && !pulumi.Output.isInstance(value) && "from" in value;
}

/** Whether a value names a service, so that the workload which has it may call that service. */
export function isServiceReference(value: GangEnvValue): value is ServiceReference {
  return isReference(value) && "service" in value;
}

/** The text of a reference to a service. */
export function serviceTextOf(reference: ServiceReference): string {
  const { address, port } = reference.service;
  switch (reference.from) {
    case "service-address":
      return address;
    case "service-endpoint":
      return `${address}:${port}`;
    case "service-url":
      return `${reference.scheme}://${address}:${port}${reference.path}`;
    default:
      return unreachable(reference);
  }
}

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: ({ input }) => `variable names are letters, digits and underscores, not first a digit, got ${quoted(input)}`,
});

const text = z.custom<pulumi.Input<string>>(
  (value) => typeof value === "string" || pulumi.Output.isInstance(value) || value instanceof Promise,
  "must be a string (write numbers and booleans in quotes) or a reference, such as secretValue(…)",
);

const service = z.custom<Service>(isHandle("service"));
const path = z.string().regex(/^(\/\S*)?$/, { error: ({ input }) => `must begin with a slash and have no spaces, got ${quoted(input)}` });

const reference = z.union([
  z.strictObject({ from: z.literal("secret"), secret: z.custom<Secret>(isHandle("secret")), key: z.string().min(1) }),
  z.strictObject({ from: z.literal("service-address"), service }),
  z.strictObject({ from: z.literal("service-endpoint"), service }),
  z.strictObject({ from: z.literal("service-url"), service, scheme: z.literal("http"), path }),
]);

const gangReference = z.union([
  ...reference.options,
  z.strictObject({ from: z.literal("member-index") }),
  z.strictObject({ from: z.literal("leader-address") }),
]);

/** Variables of a service or job. */
export const env: Variables<EnvValue> = z.record(
  name,
  z.union([text, reference], { error: "must be a string (write numbers and booleans in quotes) or a reference, such as secretValue(…)" }),
);

/** Variables of a gang's members. */
export const gangEnv: Variables<GangEnvValue> = z.record(
  name,
  z.union([text, gangReference], {
    error: "must be a string (write numbers and booleans in quotes) or a reference, such as memberIndex()",
  }),
);

type Variables<E> = z.ZodType<Record<string, E>, Record<string, E>>;

/** Refuses variables that a component sets itself, one message each. */
export function leavesOut<E>(schema: Variables<E>, reserved: readonly string[]): Variables<E> {
  return schema.superRefine((given, context) => {
    for (const variable of reserved.filter((candidate) => candidate in given)) {
      context.addIssue({ code: "custom", path: [variable], message: "is reserved: the component sets it; remove it" });
    }
  });
}
