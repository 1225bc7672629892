// What a doctor may find of proxies and certificates.
import { afterAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFindings, onlineFindings, proxyFindings } from "../../src/doctor/network.ts";
import { testHttp } from "../support/http.ts";
import { temporary } from "../support/temp.ts";
import { serveFiles } from "../support/upstream.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());

test("proxies are shown without their passwords, and what contradicts itself is said", () => {
  expect(proxyFindings({})).toEqual([{ check: "proxy", state: "ok", message: "none" }]);
  expect(proxyFindings({ https_proxy: "http://me:secret@proxy:3128", NO_PROXY: "10.0.0.0/8" })).toEqual([
    { check: "proxy", state: "ok", message: "through proxy:3128, but not for 10.0.0.0/8" },
  ]);
  expect(proxyFindings({ http_proxy: "http://a:1", HTTP_PROXY: "http://b:1" })[0]?.message).toContain("differ");
  expect(proxyFindings({ https_proxy: "socks5://me:secret@a:1" })).toEqual([
    { check: "proxy", state: "fail", message: expect.stringMatching(/^(?!.*secret).*not a proxy kso can use/) },
  ]);
});

test("a file of certificates is read before it is needed", () => {
  const path = join(folder.path, "ca.pem");
  const found = (text: string): unknown => {
    writeFileSync(path, text);
    return certificateFindings([[path, "--ca"]], 0)[0];
  };
  expect(found("nothing")).toMatchObject({ state: "fail", message: expect.stringContaining("holds no certificate") });
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  expect(found(broken)).toMatchObject({ state: "fail", message: expect.stringContaining("cannot be read") });
  expect(certificateFindings([[join(folder.path, "lost"), "SSL_CERT_FILE"]], 0)[0]?.state).toBe("fail");
  expect(certificateFindings([], 0)[0]?.state).toBe("ok");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    join(folder.path, "key"),
  ];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", "-subj", "/CN=CA", "-out", path], { stdio: "pipe" });
  const day = 86_400_000;
  expect(certificateFindings([[path, "--ca"]], Date.now() + day)[0]?.state).toBe("ok");
  expect(certificateFindings([[path, "--ca"]], Date.now() + 3 * day)[0]).toMatchObject({
    state: "fail",
    message: expect.stringContaining("has expired"),
  });
});

test("of several mirrors one is enough: the others that do not answer are a warning, and none is a failure", async () => {
  await using server = await serveFiles({ "/": new Uint8Array(1) });
  const { http } = testHttp();
  const gone = "http://127.0.0.1:1/";
  const urls = new Map([
    ["quay.io", [gone, `${server.url}/`]],
    ["docker.io", [gone, gone]],
    ["dl.k8s.io", [`${server.url}/`]],
  ]);
  const findings = await onlineFindings({ urls, env: {}, http, now: Date.now });
  expect(
    findings.map(({ state, message }) => `${state} ${message.replace(/:\d+/, "").replace(/(: | answers).*/, "")}`),
  ).toEqual([
    "warn quay.io at 127.0.0.1",
    "ok quay.io at 127.0.0.1",
    "fail docker.io at 127.0.0.1",
    "fail docker.io at 127.0.0.1",
    "ok dl.k8s.io",
  ]);
});
