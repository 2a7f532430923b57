// Plain JavaScript, since the start of the tools reads it on an older Node.js.

/** Addresses of this machine itself: Pulumi's own connections, and registries and MLflow on it. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const PROXIES = ["http_proxy", "https_proxy", "all_proxy"];

/**
 * Behind a proxy, the variables by which what runs on this machine is reached directly, and by which Node.js uses the proxy
 * for the rest. Without one: none.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Record<string, string>}
 */
export function directLoopback(env = process.env) {
  const has = (name) => (env[name] ?? "") !== "";
  if (!PROXIES.some((name) => has(name) || has(name.toUpperCase()))) return {};
  const given = [env.no_proxy, env.NO_PROXY].flatMap((list) => (list ?? "").split(",")).map((one) => one.trim());
  const direct = [...new Set([...given.filter((one) => one !== ""), ...LOOPBACK])].join(",");
  // Some programs read the one spelling, and some the other.
  return { no_proxy: direct, NO_PROXY: direct, NODE_USE_ENV_PROXY: "1" };
}
