// Inside the air gap there is no way out: in a network namespace without a route everything works, and a trace of every connection
// shows no attempt to leave. A trace that sees nothing proves nothing, so it is shown to catch an attempt made on purpose.
// Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { must, requireTools } from "../support/containers.ts";
import { ways } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const [kso] = ways.binary as [string];

beforeAll(async () => {
  await requireTools({ unshare: "util-linux", ip: "iproute2", strace: "strace", curl: "curl" });
  const sample = sampleLock(at("blobs"), sampleOptions());
  await sealed(folder.path, "bundle.tar", { sample });
  await sealed(folder.path, "other.tar", { sample: sampleLock(at("blobs"), { ...sampleOptions(), files: [] }) });
});
afterAll(() => folder[Symbol.dispose]());

/** Runs a script of a shell in a namespace that has a loopback and nothing else, with a trace of kso's connections in `trace`. */
async function inside(script: string): Promise<{ readonly out: string; readonly trace: string }> {
  writeFileSync(
    at("script"),
    `set -eu
ip link set lo up
test -z "$(ip route)" # nothing leads out
test "$(ip -o link | wc -l)" -ge 1
kso() { strace -f -qq -e trace=connect,sendto,sendmsg,sendmmsg -o "$TRACE" -A ${kso} "$@"; }
${script}
`,
  );
  const env = { TRACE: at("trace"), HOME: at("home"), NO_COLOR: "1", HTTP_PROXY: "", HTTPS_PROXY: "" };
  writeFileSync(at("trace"), "");
  const out = await must("unshare", ["-n", "sh", at("script")], env);
  return { out, trace: readFileSync(at("trace"), "utf8") };
}

/** Attempts to reach a network: connections and datagrams to an address of IPv4 or IPv6, the loopback's too. */
const dials = (trace: string): string[] => trace.split("\n").filter((line) => /AF_INET6?\b/.test(line));

test("the trace catches an attempt made on purpose", async () => {
  const pushed = `kso push ${at("bundle.tar")} --registry http://192.0.2.1:5000 </dev/null >/dev/null 2>&1 || true`;
  const fetched = `printf 'export default {name:"x",category:"tool",description:"x",contribute:()=>[{kind:"file",name:"x",version:"1",url:"http://192.0.2.1/x",digest:"sha256:${"0".repeat(64)}"}]};' > ${at("x.ts")}
kso fetch --plugin ${at("x.ts")} --only x --store ${at("store")} --lock ${at("x.json")} --quiet >/dev/null 2>&1 || true`;
  const { trace } = await inside(`${pushed}\n${fetched}`);
  expect(dials(trace).some((line) => line.includes("192.0.2.1"))).toBeTrue();
}, 180_000);

test("verify, inspect and diff reach for nothing", async () => {
  const { out, trace } = await inside(`kso verify ${at("bundle.tar")} --deep
kso inspect ${at("bundle.tar")}
kso diff ${at("bundle.tar")} ${at("other.tar")}
kso config kubespray ${at("bundle.tar")} --registry-host 10.0.0.5:5000 --files-url http://10.0.0.5:8080
kso config containerd ${at("bundle.tar")} --registry-host 10.0.0.5:5000 -o ${at("certs.d")}`);
  expect(out).toContain("registry.k8s.io/pause:3.10");
  expect(out).toContain("to transfer:");
  expect(dials(trace)).toEqual([]);
}, 60_000);

test("serve answers, finds what is missing, stops, and reaches for nothing", async () => {
  const { out, trace } = await inside(`mkfifo ${at("ready")}
kso serve ${at("bundle.tar")} --files 127.0.0.1:8080 --registry 127.0.0.1:5000 --json > ${at("ready")} &
read -r line < ${at("ready")}
pid=$(echo "$line" | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
curl -sSf http://127.0.0.1:8080/k8s/dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm | sha256sum
curl -sSf http://127.0.0.1:5000/v2/pause/tags/list
curl -sS http://127.0.0.1:5000/v2/nothing/manifests/1
curl -sSf http://127.0.0.1:8080/ >/dev/null
kill $pid
wait`);
  expect(out).toContain('"tags":["3.10"]');
  expect(out).toContain("NAME_UNKNOWN");
  expect(trace).not.toBe("");
  expect(dials(trace)).toEqual([]);
}, 60_000);

test("serve writes nothing to any disk", async () => {
  const started = `strace -f -qq -e trace=open,openat,creat,mkdir,rename,unlink,truncate,ftruncate -o ${at("opened")}`;
  await must("sh", [
    "-c",
    `cd ${folder.path}; mkfifo line; ${started} ${kso} serve bundle.tar --files 127.0.0.1:0 --registry off --json > line &
read -r line < line; url=$(echo "$line" | sed 's/.*"files":"\\([^"]*\\)".*/\\1/'); pid=$(echo "$line" | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
curl -sSf $url/k8s/dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm $url/k8s/get.helm.sh/empty > got; kill $pid; wait`,
  ]);
  const lines = readFileSync(at("opened"), "utf8").split("\n");
  // It reads the bundle, and by a trace that would have seen more.
  expect(lines.some((line) => line.includes("bundle.tar") && line.includes("O_RDONLY"))).toBeTrue();
  const writing = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\(|mkdir|rename|unlink|truncate/;
  const own = /"\/(dev|proc|sys)\//;
  expect(lines.filter((line) => writing.test(line) && !own.test(line) && !/ = -1 /.test(line))).toEqual([]);
});
