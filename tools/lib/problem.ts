/** A mistake that the user can fix: shown as it is, without a stack trace. */
export class Problem extends Error {}
