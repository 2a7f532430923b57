import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import Docker from "dockerode";

import { Problem } from "../tools/lib/problem.ts";
import { OWN } from "./serving-peers.ts";

/** One of the generated eyes on which the models are trained, as a camera's JPEG. */
const PHOTO = `
import sys
from image_classifier.samples import eyes
eyes(2, 1)[0][1].resize((512, 512)).save(sys.stdout.buffer, "JPEG", quality=90)
`;
const BOUNDARY = "mlstack-bench";

/** A form with a picture, as a browser sends it. */
export interface Upload {
  /** File with the request's body. */
  readonly body: string;
  readonly contentType: string;
}

/** Writes an upload into `home`; the picture is made by the classifier's own image. */
export async function upload(home: string, image: string): Promise<Upload> {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="eye.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const body = join(home, "upload");
  writeFileSync(body, Buffer.concat([Buffer.from(head), await photo(image), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]));
  return { body, contentType: `multipart/form-data; boundary=${BOUNDARY}` };
}

async function photo(image: string): Promise<Buffer> {
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  const into = (parts: Buffer[]) =>
    new Writable({
      write(part, _, done) {
        parts.push(part);
        done();
      },
    });
  const [end, container] = await new Docker().run(image, ["python3", "-c", PHOTO], [into(out), into(errors)], { Tty: false, Labels: OWN });
  await (container as Docker.Container).remove();
  if (end.StatusCode !== 0) throw new Problem(`bench: ${image} makes no picture\n${Buffer.concat(errors)}`);
  return Buffer.concat(out);
}
