import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

import { freePort, until } from "./stack.ts";

const run = promisify(execFile);
const IMAGE = "mlstack-test/browser";
const FOLDER = fileURLToPath(new URL("browser", import.meta.url));

/** A headless Chromium in a container on this machine's network, so that it reaches what a browser here would reach. */
export class HeadlessBrowser {
  private readonly browser: Browser;
  private readonly container: string;

  private constructor(browser: Browser, container: string) {
    this.browser = browser;
    this.container = container;
  }

  /** Builds the image where it is not there, and starts it. */
  static async start(): Promise<HeadlessBrowser> {
    const base = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
    const options = { env: { ...process.env, DOCKER_BUILDKIT: "0" } };
    await run(
      "docker",
      ["build", "--quiet", "--label", "dev.mlstack.test=1", "--build-arg", `BASE=${base}`, "--tag", IMAGE, FOLDER],
      options,
    );
    const port = await freePort();
    const limits = ["--network", "host", "--init", "--memory", "1g", "--tmpfs", "/tmp:exec", "--cap-drop", "ALL"];
    const started = await run("docker", [
      "run",
      "--detach",
      "--label",
      "dev.mlstack.test=1",
      ...limits,
      IMAGE,
      `--remote-debugging-port=${port}`,
    ]);
    const container = started.stdout.trim();
    const browserURL = `http://127.0.0.1:${port}`;
    try {
      await until("the browser answers", async () => (await fetch(`${browserURL}/json/version`)).ok);
      return new HeadlessBrowser(await puppeteer.connect({ browserURL, defaultViewport: { width: 1280, height: 900 } }), container);
    } catch (error) {
      await run("docker", ["rm", "--force", container]);
      throw error;
    }
  }

  /** Opens a page, and notes from the first byte on what goes wrong in it. */
  async open(url: string): Promise<OpenPage> {
    const page = await this.browser.newPage();
    const opened = new OpenPage(page);
    await page.goto(url, { waitUntil: "load", timeout: 60_000 });
    return opened;
  }

  async close(): Promise<void> {
    await this.browser.disconnect();
    await run("docker", ["rm", "--force", this.container]);
  }
}

/** A page of the browser. */
export class OpenPage {
  readonly page: Page;
  /** Errors on the console, requests that failed, and answers that are errors, each in one line. */
  readonly problems: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(`${message.location().url ?? "console"}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.problems.push(`script: ${String(error)}`));
    page.on("requestfailed", (request) => this.problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("response", (answer) => answer.status() >= 400 && this.problems.push(`${answer.url()}: ${answer.status()}`));
  }

  /** The text of an element; empty while it is not there. */
  async text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => element.textContent ?? "").catch(() => "");
  }

  /** Waits until the page shows a text anywhere. */
  async shows(text: string): Promise<void> {
    await until(`the page shows "${text}"`, async () => (await this.text("body")).includes(text));
  }
}
