// kubespray's `downloads`, evaluated for one host: every item is read field by field, so that one that cannot be evaluated names
// itself and leaves the others alone. (In kubespray itself one such item stops the whole download role.)
import { attempt, TemplateFailure } from "../ansible/jinja/failure.ts";
import { isTemplate } from "../ansible/jinja/syntax.ts";
import { evaluated, type Templar } from "../ansible/jinja/templar.ts";
import { str, undefinedMark } from "../ansible/jinja/text.ts";
import {
  Dict,
  isList,
  isTruthy,
  type PythonValue,
  typeName,
  Undefined,
  unwrap,
  VaultEncrypted,
} from "../ansible/jinja/values.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { messageOf } from "../core/errors.ts";
import { causeOf } from "./cause.ts";
import type { Checkout } from "./checkout.ts";
import { kubeadmItems } from "./kubeadm.ts";

/** A field, or the conditions, that could not be evaluated. */
export interface BrokenField {
  /** `url`, `enabled`, …; `when` for the download role's conditions. */
  readonly field: string;
  /** As the checkout or the inventory has it: `{{ kubelet_download_url }}`. */
  readonly expression: string;
  readonly reason: string;
}

/** One item of `downloads`, evaluated. A field that the item has not, or that is broken, is undefined. */
export interface DownloadItem {
  /** kubespray's name: `kubelet`, `calico_node`; `kubeadm_kube-proxy` for what kubeadm names. */
  readonly name: string;
  readonly kind: "file" | "image" | undefined;
  readonly enabled: boolean;
  readonly url: string | undefined;
  /**
   * Of a file, the published digest; undefined where the release publishes none (kubespray then writes 0). Of an image, the digest
   * that it is pinned to.
   */
  readonly digest: Digest | undefined;
  /** `checksum` or `sha256`, as it is written. */
  readonly checksum: string | undefined;
  readonly dest: string | undefined;
  readonly repo: string | undefined;
  readonly tag: string | undefined;
  readonly version: string | undefined;
  readonly groups: readonly string[];
  /** Whether the download role fetches it on this host. */
  readonly required: boolean;
  /** What `enabled` rests on: `kube_network_plugin = calico`; `always` when it is a plain true. */
  readonly cause: string;
  readonly broken: readonly BrokenField[];
  /** Every field, evaluated. */
  readonly fields: ReadonlyMap<string, PythonValue>;
}

/** The item's name in lists: what kubeadm names is listed by its own name. */
export function listedName({ name }: Pick<DownloadItem, "name">): string {
  return name.replace(/^kubeadm_/, "");
}

/** Whether the item has, or would have, what an image has. */
export function hasImage({ repo, broken }: Pick<DownloadItem, "repo" | "broken">): boolean {
  return repo !== undefined || broken.some(({ field }) => field === "repo");
}

/**
 * The fields that decide what is fetched, and whether; where a file lands on the host, and whose it is there, does not matter. The
 * version says why another field is broken, and breaks nothing by itself.
 */
const fetchFields: ReadonlySet<string> = new Set([
  "",
  "when",
  "enabled",
  "file",
  "container",
  "groups",
  "url",
  "checksum",
  "sha256",
  "repo",
  "tag",
  "version",
]);

/** Items that `downloads` may have; kubespray has about a hundred. */
const maxItems = 2000;
/** Characters of an expression that messages show. */
const maxShown = 300;

/**
 * Evaluates every item for one host.
 * @throws TemplateFailure when `downloads` itself is no dictionary, or a limit is reached.
 */
export function evaluateItems(checkout: Checkout, templar: Templar): readonly DownloadItem[] {
  const evaluate = (name: string, value: PythonValue): DownloadItem => evaluateItem(name, value, { templar, checkout });
  const items = rawDownloads(templar)
    .entries()
    .map(([name, value]) => evaluate(String(unwrap(name)), value));
  return [...items, ...kubeadmItems(checkout, templar).map(({ name, fields }) => evaluate(name, fields))];
}

/** `downloads` as it is written. @throws TemplateFailure when it is no dictionary, or has too many items. */
export function rawDownloads(templar: Templar): Dict {
  const raw = templar.rawOf("downloads");
  const downloads = typeof raw === "string" ? templar.template(raw) : raw;
  if (!(downloads instanceof Dict))
    throw new TemplateFailure("invalid", `"downloads" must be a dictionary, and is a ${typeName(downloads ?? null)}`);
  if (downloads.size > maxItems) throw new TemplateFailure("limit", `"downloads" has ${downloads.size} items`);
  return downloads;
}

/** One item, evaluated. `value` is as it is written. */
export function evaluateItem(
  name: string,
  value: PythonValue,
  { templar, checkout }: { readonly templar: Templar; readonly checkout: Checkout },
): DownloadItem {
  return new ItemEvaluation(name, templar).evaluate(value, checkout);
}

/** The fields that matter to a task that fetches an item by itself. */
const locatorFields: ReadonlySet<string> = new Set(["", "url", "checksum", "sha256", "repo", "tag"]);

/**
 * The item as a task fetches it, whatever it is for this cluster, and whether or not it is enabled. A file has its digest in a
 * variable of its own where the item is an image.
 */
export function fetchedAs(kind: "file" | "image", item: DownloadItem, templar: Templar): DownloadItem {
  const broken = item.broken.filter(({ field }) => locatorFields.has(field));
  if (kind === "image") return { ...item, kind, broken };
  const checksum = ["binary", "archive"]
    .map((part) => attempt(() => templar.variable(`${item.name}_${part}_checksum`)))
    .find((value) => typeof value === "string");
  const written = item.checksum === undefined ? undefined : checksumDigest(item.checksum);
  const digest = item.digest ?? written ?? (checksum === undefined ? undefined : checksumDigest(checksum));
  return { ...item, kind, digest, broken };
}

/** Evaluates one item, and collects what is broken in it. */
class ItemEvaluation {
  readonly #name: string;
  readonly #templar: Templar;
  readonly #fields = new Map<string, PythonValue>();
  readonly #broken: BrokenField[] = [];
  constructor(name: string, templar: Templar) {
    this.#name = name;
    this.#templar = templar;
  }

  evaluate(raw: PythonValue, checkout: Checkout): DownloadItem {
    const written = this.#attempt("", raw, () => (typeof raw === "string" ? this.#templar.template(raw) : raw));
    if (written instanceof Dict) this.#readFields(written);
    else if (this.#broken.length === 0) this.#addBroken("", raw, "it is no dictionary");
    const checksum = this.#text("checksum") ?? this.#text("sha256");
    const kind = this.#flag("container") ? "image" : this.#flag("file") ? "file" : undefined;
    const image = pinnedParts(this.#text("repo"), this.#text("tag"));
    const digest = checksumDigest(checksum ?? "");
    if (kind === "image" && checksum && !digest?.startsWith("sha256:"))
      this.#addBroken("checksum", checksum, "an image is pinned by sha256 and 64 hex digits");
    return {
      name: this.#name,
      kind,
      enabled: this.#flag("enabled"),
      url: this.#text("url"),
      digest: kind === "image" ? (digest ?? image.digest) : kind && digest,
      checksum,
      dest: this.#text("dest"),
      repo: image.repo,
      tag: image.tag,
      version: this.#text("version"),
      groups: this.#groups(),
      required: this.#isRequired(checkout),
      cause: written instanceof Dict ? causeOf(written.get("enabled") ?? false, this.#templar) : "",
      broken: this.#broken.every(({ field }) => field === "version") ? [] : this.#broken,
      fields: this.#fields,
    };
  }

  #readFields(written: Dict): void {
    for (const [key, value] of written.entries()) {
      const field = String(unwrap(key));
      const result = this.#attempt(field, value, () => readableValue(this.#templar.template(value)));
      if (result !== undefined) this.#fields.set(field, result);
      if (typeof result === "string" && isTemplate(result) && fetchFields.has(field))
        this.#addBroken(
          field,
          value,
          `its value is a template still (${expressionText(result)}): a raw block, !unsafe, or a variable of hostvars that rests on something undefined`,
        );
    }
  }

  #text(field: string): string | undefined {
    const value = this.#fields.get(field);
    return value === undefined || value === null ? undefined : str(value, this.#templar.budget);
  }

  #flag(field: string): boolean {
    return isTruthy(this.#fields.get(field) ?? false);
  }

  #groups(): string[] {
    const groups = this.#fields.get("groups") ?? [];
    return (isList(groups) ? groups : [groups]).map((group) => str(group, this.#templar.budget));
  }

  #isRequired({ conditions: { when, vars } }: Checkout): boolean {
    const item = evaluated(
      new Dict([
        ["key", this.#name],
        ["value", new Dict(this.#fields)],
      ]),
    );
    const variables = vars.entries().map(([name, value]) => [String(unwrap(name)), value] as const);
    const templar = this.#templar.withVariables(new Map([["item", item], ...variables]));
    return this.#attempt("when", when, () => templar.conditionHolds(when)) ?? false;
  }

  /** The result; undefined where it failed, which is then listed as broken. @throws TemplateFailure `limit` that names the item and the field. */
  #attempt<T>(field: string, expression: PythonValue, evaluation: () => T): T | undefined {
    try {
      return evaluation();
    } catch (thrown) {
      if (!(thrown instanceof TemplateFailure) || thrown.kind === "limit")
        throw this.#limitError(field, expression, thrown);
      if (fetchFields.has(field)) this.#addBroken(field, expression, thrown.message);
      return undefined;
    }
  }

  #addBroken(field: string, expression: PythonValue, reason: string): void {
    this.#broken.push({ field, expression: expressionText(expression), reason });
  }

  /** The error of a limit that was reached, with the item and the field. A stack overflow counts as one. */
  #limitError(field: string, expression: PythonValue, cause: unknown): unknown {
    if (!(cause instanceof TemplateFailure || cause instanceof RangeError)) return cause;
    const reason = cause instanceof RangeError ? "it is nested too deeply" : messageOf(cause);
    const message = `Cannot evaluate ${field} of "${this.#name}" ("${expressionText(expression)}"): ${reason}`;
    return new TemplateFailure("limit", message, cause);
  }
}

/** The value, without the mark of `!unsafe`. @throws TemplateFailure for what is encrypted or undefined. */
function readableValue(value: PythonValue): PythonValue {
  if (value instanceof Undefined) throw new TemplateFailure("undefined", value.message);
  // Ansible prints it, and would fetch from there.
  if (typeof value === "string" && value.includes(undefinedMark))
    throw new TemplateFailure(
      "undefined",
      `it holds something undefined: ${value.slice(value.indexOf(undefinedMark))}`,
    );
  if (value instanceof VaultEncrypted)
    throw new TemplateFailure("invalid", `it needs ${value.source}, which is encrypted with Ansible Vault`);
  return unwrap(value);
}

/**
 * The repository and the tag of an image without the digest that they name: kubespray writes `REPO:TAG`, and a digest may stand in
 * the tag (`v1@sha256:…`) or between the two (`REPO@sha256` and hex digits).
 */
function pinnedParts(
  repo: string | undefined,
  tag: string | undefined,
): Partial<Pick<DownloadItem, "repo" | "tag" | "digest">> {
  const [, name = "", digestText = ""] = /^([^@]*)@(.*)$/s.exec(`${repo}:${tag}`) ?? [];
  const digest = parseDigest(digestText);
  if (repo === undefined || tag === undefined || !digest) return { repo, tag };
  return name.startsWith(`${repo}:`)
    ? { repo, tag: name.slice(repo.length + 1), digest }
    : { repo: name, tag: undefined, digest };
}

/** Bare hex (to 2.27), `sha256:…` or `sha512:…` (from 2.28); anything else, such as 0, is no digest. */
export function checksumDigest(checksum: string): Digest | undefined {
  return parseDigest(/^[0-9a-f]{64}$/.test(checksum) ? `sha256:${checksum}` : checksum);
}

function expressionText(value: PythonValue): string {
  if (isList(value)) return value.map(expressionText).join(" and ");
  const text = typeof value === "string" ? value : value === null ? "" : typeName(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
