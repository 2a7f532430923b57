/**
 * Makes the SDK's book-keeping cheap. It looks at where every property of every resource was made, and the formatter of
 * such places that it brings along costs more than all the rest of a program; without it errors keep their place, in
 * Node's own form. A platform calls this before its first resource.
 */
export function leanErrors(): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");
}
