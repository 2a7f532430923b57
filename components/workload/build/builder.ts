/**
 * How Docker's provider has to build, besides what is built. Left to itself it hands a build to Docker's own tool, which it lets
 * know of the engine's address and not of its certificates; what it calls the legacy builder goes through its own connection.
 * The engine builds by BuildKit either way.
 */
export function builderOf(env: Readonly<Record<string, string | undefined>> = process.env): { readonly useLegacyBuilder?: true } {
  const asksForCertificates = (env["DOCKER_CERT_PATH"] ?? "") !== "" && /^(tcp|https?):/.test(env["DOCKER_HOST"] ?? "");
  return asksForCertificates ? { useLegacyBuilder: true } : {};
}
