import { quotedFormat } from "./text.ts";

/** What every answer says to browsers unless the service or a setting says otherwise. */
const DEFAULTS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Headers that belong to other rules or to the connection. */
export const UNSETTABLE =
  /^(connection|content-length|content-type|transfer-encoding|upgrade|keep-alive|te|trailer|vary|access-control-.*)$/i;

/**
 * Lines of the public frontend: security headers on every answer, the gateway's own included. A service's own value stays;
 * one in `headers` replaces all, and an empty one leaves the header out.
 */
export function securityHeaderLines(headers: Readonly<Record<string, string>>, transportSecurity: boolean): string[] {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const usual = { ...DEFAULTS, ...(transportSecurity ? { "strict-transport-security": "max-age=31536000" } : {}) };
  const defaults = Object.entries(usual).filter(([name]) => !(name in given));
  return [
    "http-after-response del-header server",
    "http-after-response del-header x-powered-by",
    ...defaults.map(
      ([name, value]) => `http-after-response set-header ${name} ${quotedFormat(value)} unless { res.fhdr(${name}) -m found }`,
    ),
    ...Object.entries(given).map(([name, value]) =>
      value === "" ? `http-after-response del-header ${name}` : `http-after-response set-header ${name} ${quotedFormat(value)}`,
    ),
  ];
}
