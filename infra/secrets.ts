/** Where settings hold secrets: the library's own words, for all that reads a stack file. */
export * from "../components/workload/secret-places.ts";
