export { default } from "../../infra/index.ts";
