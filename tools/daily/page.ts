import type { LiveWorkload } from "../../components/workload/operations.ts";

const MONITORING = "mlstack:index:Monitoring";

/** What people look at; at the root these programs list what machines ask them. */
const PAGES: Readonly<Record<string, string>> = {
  metrics: "/vmui/#/dashboards",
  logs: "/select/vmui/",
  alerts: "/vmalert/alerts",
};

/** Where the page of a part is below its address. */
export function pageOf({ name, within, under }: Pick<LiveWorkload, "name" | "within" | "under">): string {
  const at = within.indexOf(MONITORING);
  return at < 0 ? "" : (PAGES[name.slice(`${under[at]}-`.length)] ?? "");
}
