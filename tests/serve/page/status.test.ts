// What a server says of itself: what it counts, and what it notices.
import { expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import type { ServerStatus } from "../../../src/serve/page/status.ts";
import { type ServeOptions, serve } from "../../../src/serve/serve.ts";
import { sealed } from "../../support/sealed.ts";
import { temporary } from "../../support/temp.ts";

test("errors, refusals, what is missing, clients, and a bundle that was cut", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const htpasswd = join(folder.path, "users");
  writeFileSync(htpasswd, `site:${bcrypt.hashSync("secret", 4)}\n`);
  const address = { host: "127.0.0.1", port: 0 };
  const options: ServeOptions = {
    ...{ bundles: [path], addresses: { files: address, registry: undefined }, tls: undefined },
    ...{ htpasswd, accessLog: undefined, missing: undefined },
  };
  const started = Date.now();
  const service = await serve(options, {
    build: { version: "1", commit: "a" },
    processUsage: () => ({ memory: 1, cpu: 1 }),
    releaseOf: () => undefined,
    namedArtifacts: () => [],
    warn: () => undefined,
  });
  const ask = (name: string, password: string | undefined = "secret", init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${service.files?.port}${name}`, {
      ...init,
      headers: { authorization: `Basic ${btoa(`site:${password}`)}` },
    });
  const status = async (): Promise<ServerStatus> => (await (await ask("/-/status.json")).json()) as ServerStatus;
  try {
    const first = await status();
    expect(first).toMatchObject({ state: "intact", missing: 0, errors: 0, refused: 0, clients: 0 });
    expect(Date.parse(first.since)).toBeWithin(started - 1, Date.now() + 1);
    expect((await ask("/", "wrong")).status).toBe(401);
    expect((await ask("/", "secret", { method: "DELETE" })).status).toBe(405);
    // Being asked for a password is how a client learns that it needs one.
    expect((await fetch(`http://127.0.0.1:${service.files?.port}/`)).status).toBe(401);
    expect((await ask("/k8s/dl.k8s.io/none")).status).toBe(404);
    expect(await status()).toMatchObject({ missing: 1, errors: 0, refused: 2, clients: 1 });
    const cut = Date.now();
    truncateSync(path, 1024);
    let now = await status();
    while (now.state === "intact") now = await status();
    expect(now.fault).toContain("bundle.tar");
    expect(Date.parse(now.since)).toBeWithin(cut - 1, Date.now() + 1);
    expect((await ask("/health")).status).toBe(503);
    expect(await status()).toMatchObject({ state: "damaged", errors: 1 });
  } finally {
    await service.stop(1000);
  }
}, 60_000);
