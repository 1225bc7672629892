import { expect, test } from "bun:test";
import { systemdSockets } from "../../../src/serve/systemd/sockets.ts";

const given = (count: string, names?: string) =>
  systemdSockets({ LISTEN_PID: "7", LISTEN_FDS: count, ...(names !== undefined && { LISTEN_FDNAMES: names }) }, 7);

test("sockets are assigned by name, or by order; a single one serves both", () => {
  expect(given("2", "registry:files")).toEqual({ registry: 3, files: 4 });
  expect(given("1", "registry")).toEqual({ registry: 3 });
  expect(given("2", "kso.socket:kso.socket")).toEqual({ files: 3, registry: 4 });
  expect(given("2")).toEqual({ files: 3, registry: 4 });
  expect(given("1", "unknown")).toEqual({ files: 3, registry: 3 });
});

test("sockets for another process are not used", () => {
  expect(systemdSockets({}, 7)).toBeUndefined();
  expect(systemdSockets({ LISTEN_PID: "8", LISTEN_FDS: "2" }, 7)).toBeUndefined();
});

test.each([
  ["0", undefined, "one socket or two"],
  ["x", undefined, "one socket or two"],
  ["3", undefined, "Cannot tell 3 sockets apart"],
  ["2", "files:files", "each once"],
  ["2", "files:other", "each socket is files or registry"],
])("what makes no sense is refused: %s sockets named %s", (count, names, reason) => {
  expect(() => given(count, names)).toThrow(reason);
});
