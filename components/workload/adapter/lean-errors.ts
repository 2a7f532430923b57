/**
 * Makes the SDK's book-keeping cheap; call it before the first resource. The SDK records where every property of every
 * resource was made, and the formatter of stack traces that it installs takes longer than the rest of a program. Without
 * it errors keep their place, in Node's own form.
 */
export function leanErrors(): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");
}
