import { writtenIn } from "../../infra/layers/file.ts";
import { type Layer, layerOf } from "../../infra/layers/layer.ts";
import { resolveLayers } from "../../infra/layers/resolve.ts";
import { stackSettings } from "../../infra/stack.ts";

/** Files of a project by name: `acme` is `Pulumi.acme.yaml`, `layers/eu` is `layers/eu.yaml`. */
export type Texts = Readonly<Record<string, string>>;

const ROOT = "/project";

/** One of the files, as it is read. */
export function layerFrom(texts: Texts, file: string, isInherited = false): Layer {
  const name = file.replace("layers/", "");
  const shown = file === name ? `Pulumi.${name}.yaml` : `${file}.yaml`;
  const folder = file === name ? ROOT : `${ROOT}/layers`;
  return layerOf(writtenIn(texts[file] ?? "", { name, file: shown, folder, isInherited, project: "shop" }));
}

/** The stack `own` with all that it extends. */
export function resolvedFrom(texts: Texts, own: string) {
  const fileOf = (name: string) => [`layers/${name}`, name].find((one) => one in texts);
  const files = {
    find: (name: string) => {
      const file = fileOf(name);
      return file === undefined ? undefined : layerFrom(texts, file, true);
    },
    names: () => Object.keys(texts).map((name) => name.replace("layers/", "")),
  };
  return resolveLayers(layerFrom(texts, own), files, stackSettings, ROOT);
}

/** Mistakes as `file:line:column path: message`. */
export function mistakesFrom(texts: Texts, own: string): string[] {
  return resolvedFrom(texts, own).mistakes.map(({ path, message, position }) => {
    const place = position === undefined ? "" : `${position.file}:${position.line}:${position.column} `;
    return `${place}${path === "" ? "" : `${path}: `}${message}`;
  });
}
