export function directLoopback(env?: Readonly<Record<string, string | undefined>>): Record<string, string>;
