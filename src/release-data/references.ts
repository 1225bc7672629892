// What a checkout's roles name in the world outside: variables that hold repositories and URLs, and images in templates and tasks.
// In travel the files' texts; out travel references, still as templates, and the variables that they are made of.

/** A repository, URL or image that some file of a role names. */
export interface RoleReference {
  readonly kind: "repository" | "url" | "image";
  /** The variable's name; for an image the text itself. */
  readonly name: string;
  /** As it stands there, with its expressions. */
  readonly text: string;
  /** `roles/…/defaults/main.yml:12`; for facts the folder's own word. */
  readonly where: string;
}

export interface RoleReferences {
  readonly found: readonly RoleReference[];
  /** Variable → every value that a role's defaults and vars give it. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

/** Is the file one that a run can use? Tests, documents and dashboards are not. */
export function isPart(path: string): boolean {
  return (
    /^roles\/.+\/(defaults|vars|tasks|templates|files|handlers|meta)\//.test(path) &&
    !/\/(molecule|tests)\/|\/argument_specs\.ya?ml$|\.(md|json|png|svg|pyc?)$/.test(path)
  );
}

/** Hosts that serve images; a text with one of them in front is an image wherever it stands. */
const registries =
  /(?<![\w./-])(?:docker\.io|quay\.io|ghcr\.io|nvcr\.io|(?:[a-z0-9-]+\.)*gcr\.io|registry\.k8s\.io|mcr\.microsoft\.com|public\.ecr\.aws)\/[\w./-]+(?::[\w.-]+|@sha256:[0-9a-f]{64})/g;

const isDefinition = (path: string): boolean => /\/(defaults|vars)\/.*(\.ya?ml|\/main)$/.test(path);

/** @param files paths below the checkout, with slashes, and their texts. */
export function referencesIn(files: Iterable<readonly [path: string, text: string]>): RoleReferences {
  const found = new Map<string, RoleReference>();
  const variables = new Map<string, string[]>();
  const add = (kind: RoleReference["kind"], name: string, text: string, where: string): void => {
    const key = `${kind} ${name} ${text}`;
    if (text !== "" && !found.has(key)) found.set(key, { kind, name, text, where });
  };
  for (const [path, text] of files) {
    if (!isPart(path)) continue;
    for (const [index, line] of text
      .replace(/\{#[\s\S]*?#\}/g, keepLines)
      .split("\n")
      .entries()) {
      if (/^\s*#/.test(line)) continue;
      const where = `${path}:${index + 1}`;
      const [, name = "", raw = ""] = (isDefinition(path) && /^([a-z_]\w*):\s+(.+?)\s*$/.exec(line)) || [];
      const value = unquoted(raw);
      // A folded text goes on in the lines below; it may be anything.
      if (name !== "" && value !== "" && !/^[>|][+-]?$/.test(value)) {
        const values = variables.get(name) ?? [];
        if (!values.includes(value)) variables.set(name, [...values, value]);
        if (name.endsWith("_image_repo")) add("repository", name, value, where);
        else if (name.endsWith("_url")) add("url", name, value, where);
      }
      const [, image] =
        /^\s*(?:- )?"?image"?:\s+(.+?),?\s*$/.exec(line) ?? /[{,]\s*"image":\s*("[^"]+")/.exec(line) ?? [];
      if (image !== undefined && !isDefinition(path)) add("image", unquoted(image), unquoted(image), where);
      for (const [literal] of line.replace(/\s#.*$/, "").matchAll(registries)) add("image", literal, literal, where);
    }
  }
  return { found: [...found.values()], variables };
}

/** The same from the tables that facts of a release hold. */
export function referencesOf(
  templates: { readonly images: Readonly<Record<string, unknown>>; readonly urls: Readonly<Record<string, string>> },
  where: string,
  others: Readonly<Record<string, unknown>>,
): RoleReferences {
  const texts = Object.entries({ ...others, ...templates.images, ...templates.urls }).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  const repositories = Object.entries(templates.images).filter(([name]) => name.endsWith("_image_repo"));
  return {
    found: [
      ...repositories.map(([name, text]): RoleReference => ({ kind: "repository", name, text: String(text), where })),
      ...Object.entries(templates.urls).map(([name, text]): RoleReference => ({ kind: "url", name, text, where })),
    ],
    variables: new Map(texts.map(([name, value]) => [name, [value]])),
  };
}

function keepLines(comment: string): string {
  return comment.replace(/[^\n]/g, "");
}

/** Without quotes and without a comment behind it. */
function unquoted(text: string): string {
  const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) ?? [];
  return quoted ?? text.replace(/\s+#.*$/, "");
}
