// `kso config`: the variables and mirror files that point a cluster at a served bundle, and whether all of it is there.
import { resolve } from "node:path";
import { type Bundle, openBundle } from "../../bundle/open.ts";
import { type Catalog, releaseVersion } from "../../catalog/catalog.ts";
import { configurableRelease } from "../../catalog/configurable-release.ts";
import { type ChartRepository, chartRepositories } from "../../charts/repository.ts";
import { formatCounts, formatShare } from "../../core/counts.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import type { ConfigurableRelease } from "../../core/manifest.ts";
import { lockOf, releasesOf, releasesText } from "../../core/releases.ts";
import { shellWord } from "../../core/shell.ts";
import { didYouMean } from "../../core/suggest.ts";
import { checkEndpoints, type EndpointCheckOptions } from "../../endpoints/check.ts";
import type { EndpointCheckResult } from "../../endpoints/check-result.ts";
import { configure } from "../../endpoints/configure.ts";
import { type Endpoints, registryUrl } from "../../endpoints/endpoints.ts";
import { createEndpoints } from "../../endpoints/options.ts";
import { type Configuration, type Target, type TargetDependencies, targets } from "../../endpoints/targets.ts";
import { keptSentence } from "../../files/foreign.ts";
import { endpointKeys } from "../../flags/commands.ts";
import { generalKeys } from "../../flags/output.ts";
import type { Options } from "../../flags/table.ts";
import { cachedReader } from "../../verify/blobs.ts";
import { type Command, command, type Output, say, writeJson } from "../command.ts";
import { catalogOf, oneRelease } from "../context.ts";
import { credentialsHere, networkOf } from "../environment.ts";
import { advise, type NextStep, typedWords } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";

const targetNames = Object.keys(targets);

export const configCommand: Command = command({
  name: "config",
  subcommands: targetNames.map((name) => ({ name, synopsis: "BUNDLE… --registry-host HOST" })),
  description: "write the variables and mirror files that point a cluster at a served bundle",
  flags: [
    ...endpointKeys,
    "configOutput",
    "force",
    "check",
    "catchAll",
    "kubespray",
    "kubesprayDir",
    "manifests",
    "config",
    ...generalKeys,
  ],
  help: {
    kubespray: "kubespray: which release, of a bundle of several",
    configOutput: "kubespray: the file (default: stdout); otherwise the directory",
    kubesprayDir: "kubespray: the checkout whose variables are written (default: those of the bundle's release)",
    manifests: "further releases; they override the embedded ones",
  },
  examples: [
    {
      line: "kso config kubespray bundle.tar --registry-host 10.0.0.5:5000 --files-url http://10.0.0.5:8080/k8s",
      meaning: "group_vars/all/offline.yml of an inventory",
    },
    {
      line: "kso config containerd bundle.tar --registry-host 10.0.0.5:5000 -o certs.d",
      meaning: "mirror files for every node",
    },
  ],
  chinese: {
    description: "生成变量和镜像源配置文件，让集群使用已提供服务的离线包",
    help: {
      kubespray: "kubespray：离线包含多个版本时，选择其中一个",
      configOutput: "kubespray：文件（默认：标准输出）；其他目标：目录",
      kubesprayDir: "kubespray：按此代码目录的变量生成（默认：离线包对应版本的变量）",
      manifests: "额外的版本，优先于内置数据",
    },
    examples: ["inventory 的 group_vars/all/offline.yml", "每个节点的 containerd 镜像源配置"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.config/1", "target": "kubespray", "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "registry": "http://10.0.0.5:5000", "files": [{"path": "offline.yml", "content": "…"}], "notes": []}',
    },
  ],
  bundles: ([, ...paths]) => paths,
  async run(options, positionals, output, typed) {
    const { name, target, paths } = parsePositionals(positionals);
    assertMeaning(name, target, { ...options, named: typed.has("kubespray") });
    const endpoints = createEndpoints({ ...options, ca: options.siteCa });
    const bundle = openBundle(paths);
    const { lockDigest } = bundle;
    const lock = name === "kubespray" ? await releaseLock(bundle, options, typed.has("kubespray")) : bundle.lock;
    const charts = await chartRepositories(lock.files, bundle);
    const { catchAll, configOutput: path, force } = options;
    const dependencies: TargetDependencies = { findRelease: (release) => findRelease(release, options) };
    const described = { target, endpoints, lock, lockDigest, charts, catchAll, output: path, force };
    const { configuration, replaced } = await interruptible("what was there is as it was", (signal) =>
      configure({ ...described, signal }, dependencies),
    );
    noteScheme(endpoints, options.registryHost, output);
    if (target.single && path === undefined && !options.json) output.data(configuration.files[0]?.content ?? "");
    for (const file of replaced) output.tell(keptSentence(file));
    if (path !== undefined) say(output, { en: `written to ${path}`, zh: `已写入 ${path}` });
    for (const remark of configuration.remarks) output.tell(`note: ${remark}`);
    // Whatever release is configured, all of the bundle is to be there.
    const allCharts = lock === bundle.lock ? charts : await chartRepositories(bundle.lock.files, bundle);
    const result = options.check
      ? await check(options, endpoints, { bundle, charts: allCharts, forms: configuration.forms })
      : undefined;
    if (options.json) writeJson(output, describe({ target: name, endpoints, lock, configuration, path, result }));
    else output.data(missingLines(result?.missing ?? []));
    if (result) report(result, lookedUp(bundle, allCharts, endpoints), output);
    if (name === "kubespray" && path !== undefined) advise(output, options, nextStep(path, result !== undefined));
  },
});

/** The check, where it was not made, and the run of kubespray with these variables. */
function nextStep(path: string, isChecked: boolean): NextStep {
  const run = `ansible-playbook -b -i INVENTORY cluster.yml -e ${shellWord(`@${resolve(path)}`)}`;
  const check = ["kso config", ...typedWords("config", ["--force", "--quiet"]), "--check"].join(" ");
  return isChecked
    ? { meaning: { en: "run kubespray with it", zh: "用它运行 kubespray" }, lines: [run] }
    : {
        meaning: {
          en: "check that all is there, and run kubespray with it",
          zh: "检查内容是否齐全，然后用它运行 kubespray",
        },
        lines: [check, run],
      };
}

/** @throws KsoError `usage` for a directory that is missing, and for a release where all of a bundle's are configured. */
function assertMeaning(
  name: string,
  { single }: Target,
  { configOutput, named }: Options<"configOutput"> & { readonly named: boolean },
): void {
  if (named && name !== "kubespray")
    throw new KsoError(
      "usage",
      `--kubespray has no meaning for kso config ${name}: it is for every release of a bundle`,
    );
  if (configOutput === undefined && !single)
    throw new KsoError("usage", `Name a directory: kso config ${name} … -o DIR`);
}

/** How a release is configured: by the checkout that is named, else by the catalog. */
async function findRelease(
  release: Lock["release"],
  options: Options<"kubesprayDir" | "manifests">,
): Promise<ConfigurableRelease | undefined> {
  const catalog = await catalogOf(options);
  const { kubesprayDir } = options;
  return kubesprayDir === undefined
    ? configurableRelease(catalog, release)
    : await checkoutRelease(kubesprayDir, catalog);
}

/**
 * The lock of the release that is configured: of several, the one that is named, or that the checkout is of.
 * @throws KsoError `usage` naming the releases where none is chosen, or another.
 */
async function releaseLock(
  { lock, path }: Bundle,
  options: Options<"kubespray" | "kubesprayDir" | "manifests">,
  isTyped: boolean,
): Promise<Lock> {
  const versions = releasesOf(lock).map(({ version }) => version);
  const named = oneRelease(isTyped ? options.kubespray : [], "kso config kubespray");
  if (named !== undefined) return lockOf(lock, releaseVersion(named));
  if (!lock.releases) return lock;
  // kso.yaml may name what other bundles are for.
  const [known, other] = (options.kubespray ?? []).map(releaseVersion).filter((version) => versions.includes(version));
  if (known !== undefined && other === undefined) return lockOf(lock, known);
  if (options.kubesprayDir !== undefined) {
    const { version } = await checkoutRelease(options.kubesprayDir, await catalogOf(options));
    if (versions.includes(version)) return lockOf(lock, version);
  }
  throw new KsoError(
    "usage",
    `${path} is for ${releasesText(lock)}, and an inventory has the variables of one: say which with --kubespray ${versions.at(-1)}`,
  );
}

async function checkoutRelease(checkout: string, catalog: Catalog): Promise<ConfigurableRelease> {
  const { configurableCheckout } = await import("../../kubespray/configurable-checkout.ts");
  return configurableCheckout(checkout, catalog);
}

function parsePositionals([name, ...paths]: readonly string[]): {
  name: string;
  target: Target;
  paths: readonly string[];
} {
  const target = name !== undefined && Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (name === undefined || !target)
    throw new KsoError(
      "usage",
      `Say for whom: kso config ${targetNames.join("|")} BUNDLE${name ? `, not "${name}"${didYouMean(name, targetNames)}` : ""}`,
    );
  if (paths.length === 0) throw new KsoError("usage", `Name a bundle: kso config ${name} bundle.tar`);
  return { name, target, paths };
}

/** Notes which scheme was assumed for a registry that was named without one. */
function noteScheme({ registry }: Endpoints, registryHost: string | undefined, output: Output): void {
  if (/^https?:/.test(registryHost ?? "")) return;
  const other = registry.scheme === "http" ? "https" : "http";
  output.tell(
    `note: ${registry.host} is taken to speak ${registry.scheme}; write ${other}://${registry.host} if it does not`,
  );
}

async function check(
  { siteCa: ca }: Options<"siteCa">,
  endpoints: Endpoints,
  { bundle, ...names }: Pick<EndpointCheckOptions, "charts" | "forms"> & { readonly bundle: Bundle },
): Promise<EndpointCheckResult> {
  return await interruptible("what was written is complete; check it with --check", (signal) =>
    // One try: the server is near, and what is not there now is missing.
    checkEndpoints({
      lock: bundle.lock,
      endpoints,
      ...names,
      read: cachedReader(bundle),
      http: networkOf({ ca }, 16, signal).probe,
      credentials: credentialsHere(),
    }),
  );
}

/** One line for each item, platform and reason: an image may lack the same under each form of its name. */
function missingLines(missing: EndpointCheckResult["missing"]): string {
  const lines = missing.map(({ item, platform, reason }) => `missing: ${item} for ${platform}: ${reason}\n`);
  return [...new Set(lines)].join("");
}

/** The names of files, and of images, that a site was asked for. */
interface HeldNames {
  readonly files: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
}

/** Without an address of files nothing is looked up of them, and nothing is said of them. */
function lookedUp({ lock }: Bundle, charts: readonly ChartRepository[], endpoints: Endpoints): HeldNames {
  const files = new Set(endpoints.files ? [...lock.files, ...charts].map(({ path }) => path) : []);
  return { files, images: new Set(lock.images.map(({ image }) => image)) };
}

/** Says whether all is there. @throws KsoError `verify` where something is missing. */
function report({ missing }: EndpointCheckResult, { files, images }: HeldNames, output: Output): void {
  const whole = { files: files.size, images: images.size };
  const items = new Set(missing.map(({ item }) => item));
  const part = { files: files.intersection(items).size, images: images.intersection(items).size };
  if (items.size > 0)
    throw new KsoError("verify", `${formatShare(part, whole)} are not at the site as the bundle has them`);
  say(output, {
    en: `all ${formatCounts(whole)} are at the site, as the bundle has them`,
    zh: `${formatCounts(whole, "zh")}全部在站点上，与离线包一致`,
  });
}

interface Description {
  readonly target: string;
  readonly endpoints: Endpoints;
  readonly lock: Lock;
  readonly configuration: Configuration;
  readonly path: string | undefined;
  readonly result: EndpointCheckResult | undefined;
}

function describe({ target, endpoints, lock, configuration, path, result }: Description): object {
  return {
    schema: "kso.config/1",
    target,
    release: lock.release,
    kubernetes: lock.kubernetes,
    ...(lock.releases && { releases: lock.releases }),
    registry: registryUrl(endpoints.registry),
    ...(path !== undefined && { output: path }),
    files: configuration.files,
    notes: configuration.remarks,
    ...(result && { check: result }),
  };
}
