/** A text as a pod's field has it: Kubernetes would replace `$(NAME)` by a variable, and two dollars by one. */
export function escapeVariables(text: string): string {
  return text.replaceAll("$", "$$$$");
}
