import { expect, test } from "bun:test";
import { Metrics } from "../../../src/serve/monitoring/metrics.ts";

const info = {
  version: "1.2.3",
  commit: "abc",
  release: "kubespray-2.31.0",
  kubernetes: "1.35.4",
  lock: "sha256:00",
  files: 45,
  images: 48,
  size: 5_600_000_000,
  started: 1_790_000_000.5,
};
const gauges = {
  inFlight: [["files", 2]] as const,
  memory: 100,
  cpu: 1.5,
  missing: { requests: 3, names: 2 },
  clients: 7,
};

/** The grammar of the text format, one line at a time: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  expect(text.endsWith("\n")).toBeTrue();
  for (const line of text.slice(0, -1).split("\n")) {
    if (/^# HELP [a-z_]+ [^\n]+$/.test(line)) continue;
    const [, typed, type] = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line) ?? [];
    if (typed && type) {
      expect(types.has(typed)).toBeFalse();
      types.set(typed, type);
      continue;
    }
    const [, name = "", labels = "", value = ""] =
      /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) ([-+0-9.e]+)$/.exec(line) ?? [];
    expect([line, types.has(name)]).toEqual([line, true]);
    expect(samples.has(name + labels)).toBeFalse();
    samples.set(name + labels, Number(value));
  }
  return samples;
}

test("requests are counted by listener, method and status; other metrics are listed too", () => {
  const metrics = new Metrics();
  metrics.counter("files", "GET", 200).add(1000, 20);
  metrics.counter("files", "GET", 200).add(500, 30);
  metrics.counter("registry", "HEAD", 404).add(0, 1);
  const samples = parse(metrics.render(info, gauges));
  expect(samples.get('kso_requests_total{listener="files",method="GET",code="200"}')).toBe(2);
  expect(samples.get('kso_response_bytes_total{listener="files",method="GET",code="200"}')).toBe(1500);
  expect(samples.get('kso_request_seconds_total{listener="files",method="GET",code="200"}')).toBeCloseTo(0.05);
  expect(samples.get('kso_requests_total{listener="registry",method="HEAD",code="404"}')).toBe(1);
  expect(samples.get('kso_requests_in_flight{listener="files"}')).toBe(2);
  expect(samples.get("kso_missing_requests_total")).toBe(3);
  expect(samples.get("kso_missing_names")).toBe(2);
  expect(samples.get("kso_recent_clients")).toBe(7);
  expect(samples.get("process_resident_memory_bytes")).toBe(100);
  expect(samples.get('kso_bundle_info{release="kubespray-2.31.0",kubernetes="1.35.4",lock="sha256:00"}')).toBe(1);
});

test("no client can add a label, and no value breaks the format", () => {
  const metrics = new Metrics();
  for (let turn = 0; turn < 1000; turn++) metrics.counter("files", `X${turn}`, 405).add(0, 0);
  const samples = parse(metrics.render({ ...info, release: 'a"b\\c\nd' }, gauges));
  expect(samples.get('kso_requests_total{listener="files",method="OTHER",code="405"}')).toBe(1000);
  expect(samples.get('kso_bundle_info{release="a\\"b\\\\c\\nd",kubernetes="1.35.4",lock="sha256:00"}')).toBe(1);
});

test("failures are the server's and the clients'; what is missing and being asked for a password are none", () => {
  const metrics = new Metrics();
  for (const status of [200, 304, 401, 404, 404]) metrics.counter("files", "GET", status).add(0, 0);
  expect(metrics.failures).toEqual({ errors: 0, refused: 0 });
  for (const status of [500, 503, 400, 405, 416]) metrics.counter("registry", "GET", status).add(0, 0);
  metrics.wrongPasswords++;
  expect(metrics.failures).toEqual({ errors: 2, refused: 4 });
  expect(parse(metrics.render(info, gauges)).get("kso_wrong_passwords_total")).toBe(1);
});
