// Finds what a checkout's roles name on other hosts: variables that hold repositories and URLs, and images in templates and tasks, as
// they are written there.

/** A repository, URL or image that some file of a role names. */
export interface RoleReference {
  readonly kind: "repository" | "url" | "image";
  /** The variable's name; for an image the text itself. */
  readonly name: string;
  /** As it stands there, with its expressions. */
  readonly text: string;
  /** `roles/…/defaults/main.yml:12`. */
  readonly where: string;
}

/** All references of a checkout's roles, and the variables that they are made of. */
export interface RoleReferences {
  readonly references: readonly RoleReference[];
  /** Variable → every value that a role's defaults and vars give it. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

/** True for a file that a run can use: tests, documents and dashboards are not. */
export function isPartOfRun(path: string): boolean {
  return (
    /^roles\/.+\/(defaults|vars|tasks|templates|files|handlers|meta)\//.test(path) &&
    !/\/(molecule|tests)\/|\/argument_specs\.ya?ml$|\.(md|json|png|svg|pyc?)$/.test(path)
  );
}

/** Hosts that serve images; a text with one of them in front is an image wherever it stands. */
const registries =
  /(?<![\w./-])(?:docker\.io|quay\.io|ghcr\.io|nvcr\.io|(?:[a-z0-9-]+\.)*gcr\.io|registry\.k8s\.io|mcr\.microsoft\.com|public\.ecr\.aws)\/[\w./-]+(?::[\w.-]+|@sha256:[0-9a-f]{64})/g;

/** The references in files: paths below the checkout, with slashes, and their texts. */
export function referencesIn(files: Iterable<readonly [path: string, text: string]>): RoleReferences {
  const collector = new ReferenceCollector();
  for (const [path, text] of files) {
    if (!isPartOfRun(path)) continue;
    const isDefinition = /\/(defaults|vars)\/.*(\.ya?ml|\/main)$/.test(path);
    for (const [index, line] of withoutTemplateComments(text).split("\n").entries()) {
      if (/^\s*#/.test(line)) continue;
      const where = `${path}:${index + 1}`;
      if (isDefinition) collector.addVariable(line, where);
      else collector.addImageLine(line, where);
      collector.addLiterals(line, where);
    }
  }
  return collector;
}

/** Collects references, line by line. */
class ReferenceCollector implements RoleReferences {
  readonly #references = new Map<string, RoleReference>();
  readonly variables = new Map<string, string[]>();

  get references(): readonly RoleReference[] {
    return [...this.#references.values()];
  }

  /** `NAME: VALUE`. A folded text goes on in the lines below; it may be anything. */
  addVariable(line: string, where: string): void {
    const [, name = "", raw = ""] = /^([a-z_]\w*):\s+(.+?)\s*$/.exec(line) ?? [];
    const value = unquoted(raw);
    if (name === "" || value === "" || /^[>|][+-]?$/.test(value)) return;
    const values = this.variables.get(name) ?? [];
    if (!values.includes(value)) this.variables.set(name, [...values, value]);
    if (name.endsWith("_image_repo")) this.#add("repository", name, value, where);
    else if (name.endsWith("_url")) this.#add("url", name, value, where);
  }

  /** `image: …` of a template or a task, in YAML or JSON. */
  addImageLine(line: string, where: string): void {
    const [, raw] = /^\s*(?:- )?"?image"?:\s+(.+?),?\s*$/.exec(line) ?? /[{,]\s*"image":\s*("[^"]+")/.exec(line) ?? [];
    if (raw === undefined) return;
    const image = unquoted(raw);
    this.#add("image", image, image, where);
  }

  /** Images that are written out, wherever in the line. */
  addLiterals(line: string, where: string): void {
    for (const [image] of line.replace(/\s#.*$/, "").matchAll(registries)) this.#add("image", image, image, where);
  }

  #add(kind: RoleReference["kind"], name: string, text: string, where: string): void {
    const key = `${kind} ${name} ${text}`;
    if (text !== "" && !this.#references.has(key)) this.#references.set(key, { kind, name, text, where });
  }
}

/** Without Jinja's comments; the lines keep their numbers. */
function withoutTemplateComments(text: string): string {
  return text.replace(/\{#[\s\S]*?#\}/g, (comment) => comment.replace(/[^\n]/g, ""));
}

/** Without quotes and without a comment behind it. */
function unquoted(text: string): string {
  const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) ?? [];
  return quoted ?? text.replace(/(?<!\s)\s+#.*$/, "");
}
