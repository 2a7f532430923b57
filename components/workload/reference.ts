/** `registry.example.com:5000` of the image `registry.example.com:5000/ml/api`; an image without a host is at `docker.io`. */
export function registryOf(image: string): string {
  const [host = "", ...path] = image.split("/");
  return path.length > 0 && (/[.:]/.test(host) || host === "localhost") ? host : "docker.io";
}

/** `registry.example.com/ml/api` of the image `registry.example.com/ml/api:1.4.0` or `…@sha256:…`. */
export function repositoryOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

/** `registry.example.com:5000` of the registry's address `registry.example.com:5000/team`. */
export function registryHostOf(address: string): string {
  return address.split("/")[0] ?? address;
}

/** The URL of the registry at `address`, with the scheme by which engines call it. */
export function registryUrlOf(address: string): string {
  const host = registryHostOf(address);
  return speaksPlainHttp(host) ? `http://${host}` : `https://${host}`;
}

/** Whether engines call a registry without TLS and without being configured so: one of their own machine. */
export function speaksPlainHttp(host: string): boolean {
  return /^(localhost|127\.[\d.]+)(:\d+)?$/.test(host);
}

/** Whether an image's name stands for one image for good: a digest, or a tag of a release or of a content. */
export function isPinned(image: string): boolean {
  if (/@(sha256:|\()/.test(image)) return true;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag !== undefined && (/^v?\d+\.\d+/.test(tag) || /^[0-9a-f]{7,64}$/.test(tag) || /[0-9a-f]{12}$/.test(tag));
}
