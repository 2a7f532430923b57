import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "../workload/index.ts";

const ADDRESS = /^[^\s@,]+@[^\s@,]+$/;
const address = z
  .string()
  .regex(ADDRESS, { error: ({ input }) => `must be an address such as "team@example.org", got ${w.quoted(input)}` });
const isHostAndPort = (given: string) => /^[A-Za-z0-9.-]+:\d{1,5}$/.test(given) && w.port.safeParse(Number(given.split(":")[1])).success;
const outside = w.outside.describe("Where it is: its addresses and port are opened, other ways are closed.");

const webhook = w.strict({
  url: w
    .secretText((given) => (/^https?:\/\/[^\s/]+/.test(given) ? undefined : "must be a URL that begins with http:// or https://"), {
      issued: true,
    })
    .describe("URL that gets each alert by POST, as Alertmanager's webhook has it; a secret, since it mostly holds a key."),
  outside,
});

const mail = w.withRule(
  w.strict({
    to: z.array(address).min(1, "must hold at least one address").describe("Who gets the mails."),
    from: address.describe("Who they are from."),
    server: z
      .string()
      .refine(isHostAndPort, { error: ({ input }) => `must be host:port, such as "smtp.example.org:587", got ${w.quoted(input)}` })
      .describe("Server that takes them, as host:port."),
    username: z.string().min(1, "must not be empty").optional().describe("User at the server; default: without a login."),
    password: w.secretText(undefined, { issued: true }).optional().describe("Their password."),
    tls: z.boolean().default(true).describe("Whether the server must speak STARTTLS, or TLS on port 465."),
    outside,
  }),
  ({ username, password }, context) => {
    const alone = (path: string, other: string) =>
      context.addIssue({ code: "custom", path: [path], message: `is required with ${other}: a login has both` });
    if (username !== undefined && password === undefined) alone("password", "username");
    if (username === undefined && password !== undefined) alone("username", "password");
  },
);

/** Who is notified of alerts. */
export const receiverSettings = w.strict({
  webhook: w.protects(
    webhook.optional().describe("A URL, such as that of a chat or of a pager; default: none."),
    "a webhook that is notified of alerts",
  ),
  mail: w.protects(mail.optional().describe("Addresses of mail; default: none."), "who gets mails of alerts"),
  hosts: w.hosts.default({}),
});

export type Receivers = z.output<typeof receiverSettings>;

/** Whether anybody is notified at all. */
export function hasReceivers({ webhook, mail }: Receivers): boolean {
  return webhook !== undefined || mail !== undefined;
}

/** Where those who are notified are. */
export function waysOut({ webhook, mail }: Receivers): w.Outside[] {
  return [webhook, mail].flatMap((receiver) => (receiver === undefined ? [] : [receiver.outside]));
}

/**
 * Alertmanager's configuration, a secret as a whole: Debian's knows no file for a URL. Alerts of one name and part are one
 * message; it comes within seconds, again after four hours, and once more when all is well.
 */
export function receiverConfig({ webhook, mail }: Receivers): pulumi.Output<string> {
  const receiver = {
    name: "all",
    ...(webhook === undefined ? {} : { webhook_configs: [{ url: webhook.url, send_resolved: true }] }),
    ...(mail === undefined ? {} : { email_configs: [mailOf(mail)] }),
  };
  const route = {
    receiver: receiver.name,
    group_by: ["alertname", "part"],
    group_wait: "5s",
    group_interval: "30s",
    repeat_interval: "4h",
  };
  return pulumi.secret(pulumi.jsonStringify({ route, receivers: [receiver] }));
}

function mailOf({ to, from, server, username, password, tls }: NonNullable<Receivers["mail"]>) {
  return {
    to: to.join(", "),
    from,
    smarthost: server,
    require_tls: tls,
    send_resolved: true,
    ...(username === undefined ? {} : { auth_username: username, auth_password: password }),
  };
}
