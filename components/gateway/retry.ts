import { quoted } from "./text.ts";

/**
 * Lines of the public frontend: which requests are asked again, of another replica, when one broke off or hangs. GET, HEAD and
 * OPTIONS read by definition; POST does at the paths that the settings name, such as a model's predictions. What writes may
 * have been done before the connection broke: its caller has to know.
 */
export function retryLines(posts: readonly string[]): string[] {
  if (posts.length === 0) return ["http-request disable-l7-retry unless { method GET HEAD OPTIONS }"];
  return [
    ...posts.map((path) => `acl repeatable path -m str ${quoted(path)}`),
    "http-request disable-l7-retry unless { method GET HEAD OPTIONS } || { method POST } repeatable",
    // Only a request that is whole when it is sent on can be sent again; one over the size of a buffer (16Ki) never is.
    "http-request wait-for-body time 10s if { method POST } repeatable",
  ];
}
