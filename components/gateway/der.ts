/** ASN.1 values in DER, as far as a certificate needs them: each function gives one value, tag and length included. */

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

export function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

/** A number that is not negative, most significant byte first. */
export function integer(bytes: Buffer): Buffer {
  return tagged(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, "utf8"));
}

export function bool(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0));
}

export function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

/** @param unused bits at the end that do not count */
export function bits(content: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(unused), content]));
}

/** A time to the second, UTC; of years before 2050, for which certificates must use this short form. */
export function utcTime(time: Date): Buffer {
  return tagged(0x17, Buffer.from(`${time.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
}

/** `content` under a tag of its context. */
export function context(tag: number, content: Buffer, constructed: boolean): Buffer {
  return tagged((constructed ? 0xa0 : 0x80) + tag, content);
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = length > 0xff ? [length >> 8, length & 0xff] : [length];
  return Buffer.of(0x80 + bytes.length, ...bytes);
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
