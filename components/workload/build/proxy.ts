import * as pulumi from "@pulumi/pulumi";

/** Arguments that every build knows without declaring them, and that are no part of its cache. */
const NAMES = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"] as const;

/**
 * The proxy that a build reaches package registries by: that of the program's environment, in both spellings. One on this
 * machine's loopback is left out, since no container reaches it. A password in its URL is kept secret.
 */
export function proxyArgs(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, pulumi.Input<string>> {
  const given = NAMES.flatMap((name) => {
    const value = env[name] || env[name.toUpperCase()] || "";
    return value === "" || (name !== "no_proxy" && isLoopback(value)) ? [] : [[name, value] as const];
  });
  // Alone it means nothing.
  if (given.every(([name]) => name === "no_proxy")) return {};
  return Object.fromEntries(
    given.flatMap(([name, value]) => {
      const argument = value.includes("@") ? pulumi.secret(value) : value;
      return [name, name.toUpperCase()].map((spelling) => [spelling, argument]);
    }),
  );
}

function isLoopback(proxy: string): boolean {
  const host = proxy.replace(/^\w+:\/\//, "").replace(/^.*@/, "");
  return /^(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/.test(host);
}
