// A registry with one image, read by the real client.
import { afterEach, expect } from "bun:test";
import type { Credentials } from "../../src/oci/credentials.ts";
import { openRegistry, type Registry } from "../../src/oci/registry.ts";
import type { RepositoryReader } from "../../src/oci/repository-reader.ts";
import { sample, testHttp } from "./http.ts";
import { image } from "./images.ts";
import { type RegistryOptions, startRegistry, type TestRegistry } from "./registry.ts";

export const layer: Uint8Array = sample(100_000);
export const seeded: ReturnType<typeof image> = image({
  platforms: { "linux/amd64": { layers: [layer] }, "linux/arm64/v8": { layers: [sample(9, 2)] } },
});
export const anonymous: Credentials = { find: async () => undefined };

/** Gives a function that starts registries with the image `team/app:1`; they are closed after each test, which fails on a surprise. */
export function seededRegistries(): (options?: RegistryOptions) => Promise<TestRegistry> {
  const open: TestRegistry[] = [];
  afterEach(async () => {
    for (const registry of open.splice(0)) {
      expect(registry.surprises).toEqual([]);
      await registry.close();
    }
  });
  return async (options = {}) => {
    const registry = await startRegistry(options);
    registry.add("team/app", seeded, "1");
    open.push(registry);
    return registry;
  };
}

export const connect = ({ url, host }: TestRegistry): Registry =>
  openRegistry({ http: testHttp().http, credentials: anonymous, base: url, host });

export const readerOf = (registry: TestRegistry): RepositoryReader => connect(registry).reader("team/app");
