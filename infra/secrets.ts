export * from "../components/workload/secret-places.ts";
