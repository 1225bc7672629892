// Reads the form of extra artifacts that people write, in YAML or JSON. Every message names the line.
import * as v from "valibot";
import { type Document, isMap, isNode, LineCounter, parseDocument } from "yaml";
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type ExtraArtifact, fetchableFault } from "../core/extra-artifacts.ts";
import { type ExtraEntry, type ExtraForm, extraFormSchema, innermostIssue } from "../core/extra-form.ts";
import { parsePlatform, platformName } from "../core/platform.ts";
import { quotedName } from "../core/quote.ts";
import { formatReference, normalizeReference } from "../core/reference.ts";

/** The artifacts of a form, and what there is to say about them. */
export interface ReadForm {
  readonly artifacts: readonly ExtraArtifact[];
  readonly notes: readonly string[];
}

/** Is it such a form, and not a list with one name a line or a server's own? */
export function isExtraForm(text: string): boolean {
  if (/^\s*\{/.test(text)) return !/"schema"\s*:/.test(text) && /"(?:images|files|charts|extra)"\s*:/.test(text);
  return /^(?:---|["']?[a-z][a-z-]*["']?\s*:(?:\s|$))/m.test(text);
}

/**
 * Reads the form: at the top of the text, or below `extra:` as in kso.yaml.
 * @throws KsoError `usage` naming the line and the reason.
 */
export function readExtraForm(text: string, path: string): ReadForm {
  return new FormReader(text, path).read();
}

/** A chart of Helm by its repository: `https://charts.example/stable` or `oci://ghcr.io/org/charts`. */
interface ChartName {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
}

/** Helm's own grammar of a chart's name, and a semantic version as a chart has it. */
const chartGrammar =
  /^(?<repository>(?:https|oci):\/\/[^\s?#@]+)\/(?<name>[a-zA-Z0-9][a-zA-Z0-9._-]*)(?:[: ](?<version>v?\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?))?$/;
const chartExample = "https://charts.example/stable/podinfo:6.7.1 or oci://ghcr.io/org/charts/podinfo:6.7.1";

class FormReader {
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;
  /** Where the lists stand. */
  readonly #base: readonly string[];
  readonly #notes: string[] = [];

  constructor(text: string, path: string) {
    this.#path = path;
    this.#document = this.#parsed(text);
    const [error] = [...this.#document.errors, ...this.#document.warnings];
    if (error) this.#fail(this.#lineOf(error.pos[0]), error.message.replace(/\s+/g, " ").replace(/\.$/, ""));
    this.#base = isMap(this.#document.contents) && this.#document.contents.has("extra") ? ["extra"] : [];
  }

  read(): ReadForm {
    const form = this.#form();
    const artifacts = [
      ...this.#each(form.images, "images", (entry, where) => this.#image(entry, where)),
      ...this.#each(form.files, "files", (entry, where) => fileOf(entry, where)),
      ...this.#each(form.charts, "charts", (entry, where) => chartOf(entry, where)),
    ];
    if (artifacts.some(({ kind }) => kind === "chart"))
      this.#notes.push(`${this.#path}: nobody knows which images its charts run; name them below images`);
    return { artifacts, notes: this.#notes };
  }

  #form(): ExtraForm {
    const value = this.#value();
    if (Array.isArray(value)) this.#fail(this.#lineAt([]), "it must be images, files and charts");
    const checked = v.safeParse(extraFormSchema, value);
    if (checked.success) return checked.output;
    const { keys, message } = innermostIssue(checked.issues[0]);
    return this.#fail(this.#lineAt(keys), `${keys.length > 0 ? keys.join(".") : "it"} ${message}`);
  }

  #value(): unknown {
    try {
      const node = this.#base.length > 0 ? this.#document.getIn(this.#base, true) : this.#document.contents;
      return isNode(node) ? node.toJS(this.#document, { maxAliasCount: 100 }) : node;
    } catch (cause) {
      return this.#fail(undefined, messageOf(cause));
    }
  }

  /** Converts each entry; what is wrong with one is said with its line. */
  #each<E>(
    entries: readonly E[] = [],
    list: string,
    convert: (entry: E, where: string) => ExtraArtifact,
  ): ExtraArtifact[] {
    return entries.map((entry, index) => {
      const line = this.#lineAt([list, index]);
      try {
        return convert(entry, `line ${line} of ${this.#path}`);
      } catch (cause) {
        return this.#fail(line, `${quotedName(nameIn(entry))}: ${messageOf(cause)}`);
      }
    });
  }

  #image(entry: ExtraEntry<"image">, where: string): ExtraArtifact {
    const { name: typed, digest, platforms } = partsOf(entry, "image");
    if (digest && typed.includes("@")) throw new Error("it is named with two digests");
    const whole = digest ? `${typed}@${digest}` : typed;
    const reference = normalizeReference(whole);
    if (reference.digest?.startsWith("sha512:")) throw new Error("its digest is not sha256:…");
    const name = formatReference(reference);
    if (name !== whole) this.#notes.push(`${where}: ${quotedName(typed)} is ${name}`);
    return { kind: "image", name, where, ...(platforms && { platforms }) };
  }

  /** The line of a place below the lists, or of the last one above it. */
  #lineAt(keys: readonly unknown[]): number | undefined {
    for (let length = keys.length; length >= 0; length--) {
      const node = this.#document.getIn([...this.#base, ...keys.slice(0, length)], true);
      if (isNode(node) && node.range) return this.#lineOf(node.range[0]);
    }
    return undefined;
  }

  #lineOf(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  #parsed(text: string): Document {
    try {
      return parseDocument(text, { schema: "failsafe", lineCounter: this.#lines, prettyErrors: false });
    } catch {
      return this.#fail(undefined, "it is nested too deep");
    }
  }

  #fail(line: number | undefined, reason: string): never {
    throw new KsoError("usage", `Cannot use ${line === undefined ? "" : `line ${line} of `}${this.#path}: ${reason}`);
  }
}

interface EntryParts {
  readonly name: string;
  readonly digest?: Digest;
  readonly platforms?: readonly string[];
  readonly version?: string;
}

function nameIn(entry: unknown): string {
  if (typeof entry === "string") return entry;
  const [name] = Object.values(entry as Record<string, unknown>);
  return String(name);
}

/** The parts of an entry in either form. @throws Error saying what is wrong. */
function partsOf<K extends string>(entry: ExtraEntry<K>, key: K): EntryParts {
  if (typeof entry === "string") return { name: entry };
  const { digest: text, architectures = [], version } = entry;
  const digest = text === undefined ? undefined : parseDigest(text);
  if (text !== undefined && !digest)
    throw new Error(`${quotedName(text)} is no digest; write sha256: and 64 hex digits`);
  const platforms = [architectures].flat().map((one) => platformName(parsePlatform(one)));
  return {
    name: entry[key],
    ...(digest && { digest }),
    ...(platforms.length > 0 && { platforms: [...new Set(platforms)].sort() }),
    ...(version !== undefined && { version }),
  };
}

function fileOf(entry: ExtraEntry<"url">, where: string): ExtraArtifact {
  const { name: url, digest, platforms } = partsOf(entry, "url");
  const [, scheme, name = ""] = /^(https?):\/\/(.*)$/s.exec(url) ?? [];
  if (scheme === undefined) throw new Error("a file's URL begins with https://");
  if (scheme === "http" && !digest) throw new Error("it comes over http; name its digest, or take https://");
  const fault = fetchableFault("file", name);
  if (fault !== undefined) throw new Error(fault);
  return { kind: "file", name, where, url, ...(digest && { digest }), ...(platforms && { platforms }) };
}

function chartOf(entry: ExtraEntry<"chart">, where: string): ExtraArtifact {
  const { name: typed, digest, version: apart } = partsOf(entry, "chart");
  const chart = chartName(typed, apart);
  if (digest && !digest.startsWith("sha256:")) throw new Error("its digest is not sha256:…");
  const { repository, name, version } = chart;
  const path = `${repository.replace(/^[a-z]+:\/\//, "")}/${name}-${version}.tgz`;
  const fault = fetchableFault("file", path);
  if (fault !== undefined) throw new Error(fault);
  return { kind: "chart", name: path, where, chart, ...(digest && { digest }) };
}

function chartName(typed: string, apart: string | undefined): ChartName {
  const { repository, name, version } =
    chartGrammar.exec(apart === undefined ? typed : `${typed}:${apart}`)?.groups ?? {};
  if (repository === undefined || name === undefined)
    throw new Error(`it is no chart of a repository; write ${chartExample}`);
  if (version === undefined) throw new Error(`it has no version; write ${chartExample}`);
  return { repository, name, version };
}
