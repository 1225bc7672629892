// Harbor keeps images in projects, which have to be there before anything is pushed into them. Its API (v2.0) says which there are,
// and makes them for an account that may: https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml
import { KsoError, messageOf } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import { basicAuthorization } from "../http/netrc.ts";
import { anonymously, type HttpRequest } from "../http/request.ts";
import type { Credentials } from "../oci/credentials.ts";
import { expectStatus } from "../oci/registry-error.ts";
import type { NamedImage, PushRegistry } from "./names.ts";
import type { PushContext } from "./options.ts";
import { pushReason } from "./reason.ts";
import { remedyOf } from "./remedy.ts";

/** Where Harbor is, and who asks. */
export interface HarborContext {
  readonly http: Http;
  readonly address: PushRegistry;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/** The projects of a Harbor, as the account of the credentials sees them. */
export interface HarborProjects {
  /** Is the project there? Undefined where Harbor does not tell this account. */
  has(name: string): Promise<boolean | undefined>;
  /** Makes a project. @throws KsoError `remote` with what to do, where this account may not or the name is none. */
  create(name: string, visibility: "private" | "public"): Promise<void>;
}

/** The projects of the registry, if it is a Harbor. */
export async function harborProjects(context: HarborContext): Promise<HarborProjects | undefined> {
  const { http, address, signal } = context;
  try {
    const ping = await http.send({ url: `${address.base}/api/v2.0/ping`, authorize: anonymously, signal });
    return /pong/i.test(new TextDecoder().decode(await ping.bytes(1024))) ? new Projects(context) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

class Projects implements HarborProjects {
  readonly #context: HarborContext;

  constructor(context: HarborContext) {
    this.#context = context;
  }

  async has(name: string): Promise<boolean | undefined> {
    const { http, address, signal } = this.#context;
    const url = `${address.base}/api/v2.0/projects?project_name=${encodeURIComponent(name)}`;
    try {
      const response = await http.send({ url, method: "HEAD", signal, ...this.#login(name) }, [404]);
      await response.cancel();
      return response.status !== 404;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async create(name: string, visibility: "private" | "public"): Promise<void> {
    const { http, address, signal } = this.#context;
    try {
      const response = await expectStatus(
        http,
        {
          url: `${address.base}/api/v2.0/projects`,
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ project_name: name, metadata: { public: String(visibility === "public") } }),
          signal,
          ...this.#login(name),
        },
        // Somebody else was faster.
        [201, 409],
        [401],
      );
      await response.cancel();
    } catch (cause) {
      signal.throwIfAborted();
      throw new KsoError("remote", `${pushReason(cause)}${adviceFor(cause)}`, cause);
    }
  }

  /** The API takes a password only: no token of the registry's, and no session. */
  #login(project: string): Pick<HttpRequest, "authorize"> {
    const { address, credentials } = this.#context;
    const { origin, hostname } = new URL(address.base);
    return {
      authorize: async (url, challenge) => {
        if (url.origin !== origin || challenge !== undefined) return undefined;
        const credential = await credentials.find(address.host, project, hostname);
        return credential?.kind === "basic" ? basicAuthorization(credential) : undefined;
      },
    };
  }
}

function adviceFor(cause: unknown): string {
  const remedy = remedyOf(cause);
  if (remedy !== undefined) return `; ${remedy}`;
  return isForbidden(cause)
    ? "; let an administrator create it, or push as somebody who may: a robot account of the system needs the permission Create Project"
    : "";
}

function isForbidden(cause: unknown): boolean {
  return [401, 403].includes((cause as { readonly status?: number }).status ?? 0);
}

/** In Harbor, a project: the part of a repository's name before the first slash. */
export function groupOf({ repository }: Pick<NamedImage, "repository">): string {
  return repository.split("/")[0] as string;
}

/** Harbor takes no name without a project in it. Undefined where all have one. */
function withoutProject(images: readonly NamedImage[], { host }: PushRegistry): string | undefined {
  const [first, ...others] = images.filter(({ repository }) => !repository.includes("/"));
  if (!first) return undefined;
  const more = others.length > 0 ? ` and ${others.length} more have` : " has";
  return `Harbor keeps images in projects, and "${first.repository}:${first.tag}"${more} none in front: push below a project, --registry ${host}/PROJECT (--create-projects makes it)`;
}

/** A repository that an upload could not be opened in. */
export interface RefusedRepository {
  readonly image: NamedImage;
  readonly cause: unknown;
}

/** What is wrong with a push of these images into a Harbor that refused some of them, and what to do. */
export async function harborReasons(
  refused: readonly RefusedRepository[],
  images: readonly NamedImage[],
  projects: HarborProjects,
  address: PushRegistry,
): Promise<string[]> {
  const unnamed = withoutProject(images, address);
  if (unnamed !== undefined) return [unnamed];
  const known = await Promise.all(
    refused.map(async (each) => ({ ...each, exists: await projects.has(groupOf(each.image)) })),
  );
  const missing = known.filter(({ exists }) => exists === false).map(({ image }) => `"${groupOf(image)}"`);
  const others = known.filter(({ exists }) => exists !== false);
  const [noun, verb, them] = missing.length === 1 ? ["project", "does", "it"] : ["projects", "do", "them"];
  return [
    ...(missing.length > 0
      ? [
          `the Harbor ${noun} ${missing.join(", ")} ${verb} not exist: --create-projects creates ${them}, or push below one that does, --registry ${address.host}/PROJECT`,
        ]
      : []),
    ...others.map(({ image, cause }) => {
      const remedy =
        remedyOf(cause) ??
        (isForbidden(cause)
          ? "a robot account needs Push Repository and Pull Repository in this project, a person the role Developer"
          : undefined);
      const reason = `the Harbor project "${groupOf(image)}" does not take "${image.repository}": ${pushReason(cause)}`;
      return remedy === undefined ? reason : `${reason}; ${remedy}`;
    }),
  ];
}

/** What a push that creates projects needs. */
type CreationContext = HarborContext & Pick<PushContext, "progress" | "dryRun">;

/**
 * Creates the projects that these images go into and that are not there.
 * @returns those that a dry run would have created.
 * @throws KsoError `usage` where the registry is no Harbor or names have no project, `remote` where one cannot be created; nothing
 * was sent then.
 */
export async function createProjects(
  images: readonly NamedImage[],
  visibility: "private" | "public",
  context: CreationContext,
): Promise<ReadonlySet<string>> {
  const { address, progress } = context;
  const projects = await harborProjects(context);
  if (!projects)
    throw new KsoError(
      "usage",
      `--create-projects is for Harbor, and ${address.host} is none: it does not answer at ${address.base}/api/v2.0/ping`,
    );
  const unnamed = withoutProject(images, address);
  if (unnamed !== undefined)
    throw new KsoError("usage", `Cannot push to ${address.host}: ${unnamed}; nothing was sent`);
  const names = [...new Set(images.map(groupOf))].sort();
  const known = await Promise.all(names.map((name) => projects.has(name)));
  const missing = names.filter((_, index) => known[index] !== true);
  if (missing.length === 0) return new Set();
  const quoted = missing.map((name) => `"${name}"`).join(", ");
  const noun = `Harbor project${missing.length === 1 ? "" : "s"}`;
  if (context.dryRun) {
    progress.note(`the ${noun} ${quoted} would be created, ${visibility}`);
    return new Set(missing);
  }
  await createAll(missing, visibility, { projects, host: address.host });
  const consequence =
    visibility === "private" ? "nodes need a login to pull from there" : "everybody may pull from there";
  progress.note(`created the ${noun} ${quoted}, ${visibility}: ${consequence}`);
  return new Set();
}

async function createAll(
  names: readonly string[],
  visibility: "private" | "public",
  { projects, host }: { readonly projects: HarborProjects; readonly host: string },
): Promise<void> {
  for (const [index, name] of names.entries())
    await projects.create(name, visibility).catch((cause: unknown) => {
      const created = names.slice(0, index).map((one) => `"${one}"`);
      const before =
        created.length > 0 ? `${created.join(", ")} ${created.length === 1 ? "is" : "are"} there now, ` : "";
      throw new KsoError(
        "remote",
        `Cannot create the project "${name}" in ${host}: ${messageOf(cause)}; ${before}no image was sent`,
        cause,
      );
    });
}
