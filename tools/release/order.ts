import { type Mistake, nearest, quoted } from "../../components/workload/mistakes.ts";
import type { Source } from "./source.ts";

/** What is wrong with the images that others name as their base. @param names of all images of the file, right or not */
export function baseMistakes(images: readonly Source[], names: readonly string[]): Mistake[] {
  return images.flatMap(({ name, base }) => {
    const path = `images.${name}.base`;
    if (base === undefined) return [];
    if (!names.includes(base)) return [{ path, message: `must be an image of this file, got ${quoted(base)}${suggestion(base, names)}` }];
    return chainOf(images, name).includes(name) ? [{ path, message: "leads back to the image itself" }] : [];
  });
}

/** Which images are released, and which are only built for others to build on, each after its own base. */
export function inBuildOrder(all: readonly Source[]): { images: Source[]; bases: Source[] } {
  const isBase = (name: string) => all.some(({ base }) => base === name);
  const depth = ({ name }: Source) => chainOf(all, name).length;
  return {
    images: all.filter(({ name }) => !isBase(name)),
    bases: all.filter(({ name }) => isBase(name)).sort((a, b) => depth(a) - depth(b)),
  };
}

/** The base of an image, the base's base, and so on; it ends where it would begin again. */
function chainOf(images: readonly Source[], name: string): string[] {
  const chain: string[] = [];
  for (let next = baseOf(images, name); next !== undefined && !chain.includes(next); next = baseOf(images, next)) chain.push(next);
  return chain;
}

function baseOf(images: readonly Source[], name: string): string | undefined {
  return images.find((one) => one.name === name)?.base;
}

function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
