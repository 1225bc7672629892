// Private keys: kso's own are for their owner alone, a site's own is for nobody outside its group.
import { expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { serverIdentity } from "../../../src/serve/tls/server-identity.ts";
import { temporary } from "../../support/temp.ts";

const never = (text: string): never => {
  throw new Error(text);
};

test("keys that others could have read are not used again, whoever made them", async () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  const kept = { names: ["localhost"], directory: folder.path };
  const first = await serverIdentity(kept, never);
  for (const name of ["ca.key", "server.key"]) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  expect((await serverIdentity(kept, never)).key).toBe(first.key);
  for (const [name, mode] of [
    ["ca.key", 0o644],
    ["ca.key", 0o640],
    ["server.key", 0o604],
    ["server.key", 0o620],
  ] as const) {
    chmodSync(at(name), mode);
    await expect(serverIdentity(kept, never)).rejects.toMatchObject({
      code: "usage",
      message: `Cannot read ${at(name)} (--tls-dir): it is a secret that group and others can use (mode ${mode.toString(8)}); run chmod 600 ${at(name)}, and make a new one if somebody may have read it`,
    });
    chmodSync(at(name), 0o600);
  }
  expect((await serverIdentity(kept, never)).key).toBe(first.key);
});

test("a site's own key may be its group's, as Debian keeps it, and never everybody's", async () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  const { key } = await serverIdentity({ names: ["localhost"], directory: folder.path }, never);
  const own = { certificatePath: at("server.pem"), keyPath: at("server.key") };
  chmodSync(at("server.key"), 0o640);
  expect((await serverIdentity(own, never)).key).toBe(key);
  chmodSync(at("server.key"), 0o644);
  await expect(serverIdentity(own, never)).rejects.toThrow(
    `Cannot read ${at("server.key")} (--tls-key): it is a secret that others can use (mode 644); run chmod o= ${at("server.key")},`,
  );
});
