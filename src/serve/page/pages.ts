// The routes of the pages, of what they hand out, and of their style sheet and script.
import { formatMissingList, type MissingList } from "../../core/extra-artifacts.ts";
import { printable } from "../../core/quote.ts";
import type { RenderListing } from "../content/directories.ts";
import type { NotFoundPage } from "../content/files.ts";
import { type Client, plainText, type RouteHandler, readOnly, targetOf } from "../handler.ts";
import { addressesFor, type ListenerPorts } from "./addresses.ts";
import { isWhole } from "./components.ts";
import { type ClusterVariables, nodeFiles, type ServerAccess } from "./configuration.ts";
import { directoryPage, directorySums } from "./directory.ts";
import { documentResponse } from "./document.ts";
import { filterOf, filterRows } from "./filter.ts";
import { curlCommand, guides, scriptName, scriptPath } from "./guides.ts";
import { homePage } from "./home.ts";
import { type Html, html } from "./html.ts";
import { assets, type PageSection, renderLayout, securityHeaders } from "./layout.ts";
import { messages } from "./messages.ts";
import { missingDownload, missingPage } from "./missing.ts";
import { type PageModel, type PageRelease, releaseById } from "./model.ts";
import { type SearchedRelease, searchForm } from "./search.ts";
import { type ServerStatus, statusBand, statusPath, statusResponse } from "./status.ts";
import { acceptsHtml, listFormat, type Visit, visitOf } from "./visit.ts";

/** What the pages show. */
export interface PagesOptions {
  /** Called once, at the first request for `/`. */
  readonly model: () => PageModel;
  /** Bytes on disk. */
  readonly disk: number;
  readonly missing: () => MissingList;
  readonly status: () => ServerStatus;
  readonly portsOf: (client: Client) => ListenerPorts;
  /** The CA that clients must trust, PEM, where kso made it, and its SHA-256: `AB:CD:…`. */
  readonly ca?: { readonly certificate: string; readonly fingerprint: string } | undefined;
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
  /** The variables of a cluster of a release; undefined where nobody knows them. */
  readonly clusterOf: (release: PageRelease, access: ServerAccess) => ClusterVariables | undefined;
  /** The version of kso. */
  readonly version: string;
}

/** A page without what all pages have in common. */
interface PageContent {
  readonly title: string;
  readonly main: Html;
  readonly section?: PageSection;
  readonly status?: number;
  readonly searched?: SearchedRelease;
}

/** What answers one path. */
type Respond = (request: Request, client: Client) => Response;

function certificateOf(text: string): Respond {
  return (request) => documentResponse(request, { text, type: "application/x-pem-file" });
}

/** The pages of a server. */
export class Pages {
  readonly #options: PagesOptions;
  readonly #responses: ReadonlyMap<string, Respond>;
  #model: PageModel | undefined;

  constructor(options: PagesOptions) {
    this.#options = options;
    const { ca, status } = options;
    const headers = { ...securityHeaders, "cache-control": "max-age=300" };
    this.#responses = new Map<string, Respond>([
      ...Object.entries(assets).map(([path, asset]): [string, Respond] => [
        path,
        (request) => documentResponse(request, { ...asset, headers }),
      ]),
      ["/", (request, client) => this.#home(request, client)],
      ["/missing", (request, client) => this.#missing(request, client)],
      ["/offline.yml", (request, client) => this.#offline(request, client)],
      [scriptPath, (request, client) => this.#script(request, client)],
      [statusPath, () => statusResponse(status())],
      ...(ca ? [["/ca.pem", certificateOf(ca.certificate)] as const] : []),
    ]);
  }

  /** Everything but the directories. */
  readonly route: RouteHandler = (request, client) => {
    const respond = this.#responses.get(targetOf(request).path);
    return respond && readOnly(request, () => respond(request, client));
  };

  /** A directory of the file tree, or the sums of what is below it. */
  readonly renderListing: RenderListing = (request, client, listing) => {
    const { visit, access } = this.#visit(request, client);
    if (!visit.parameters.has("sums")) {
      const main = directoryPage(listing, curlCommand(access), visit);
      return this.#page(request, visit, { title: listing.path, main, section: "files" });
    }
    const text = directorySums(listing.below());
    return documentResponse(request, { text, type: "text/plain; charset=utf-8", saveAs: "SHA256SUMS" });
  };

  /** A file that is not here, for browsers. */
  readonly notFound: NotFoundPage = (request, client, name) => {
    if (!acceptsHtml(request)) return undefined;
    const { visit } = this.#visit(request, client);
    const message = messages[visit.language];
    const main = html`<h1>${message.notFound}</h1><p class="lede name">${message.notFoundNote(name)}</p>`;
    return this.#page(request, visit, { title: message.notFound, main, status: 404 });
  };

  #home(request: Request, client: Client): Response {
    const { disk, ca, clusterOf } = this.#options;
    const model = this.#pageModel();
    const { visit, access } = this.#visit(request, client);
    const release = releaseById(model, visit.parameters.get("release")) ?? model.releases[0];
    const filter = filterOf(visit.parameters);
    const [cluster, nodes] = [clusterOf(release, access), nodeFiles(model.images, access)];
    const { language } = visit;
    const steps = guides({ model, release, access, fingerprint: ca?.fingerprint, language, cluster, nodes });
    const main = homePage({ model, release, filter, guides: steps, disk, visit });
    const title = `kubespray ${release.lock.release.version}, Kubernetes ${release.lock.kubernetes}`;
    const id = model.releases.length > 1 ? release.id : undefined;
    const matches = filterRows(release.rows, filter).length;
    const searched: SearchedRelease = { release, id, filter, matches, isLive: isWhole(release) };
    return this.#page(request, visit, { title, main, section: "contents", searched });
  }

  #missing(request: Request, client: Client): Response {
    const list = this.#options.missing();
    const format = listFormat(request);
    if (format === "json")
      return documentResponse(request, { text: `${JSON.stringify(list, null, 2)}\n`, type: "application/json" });
    if (format === "text")
      return documentResponse(request, { text: formatMissingList(list), type: "text/plain; charset=utf-8" });
    const { visit, access } = this.#visit(request, client);
    const main = missingPage(list, missingDownload(curlCommand(access), access.addresses.pages), visit);
    return this.#page(request, visit, { title: messages[visit.language].missingTitle, main, section: "missing" });
  }

  #offline(request: Request, client: Client): Response {
    const model = this.#pageModel();
    const { visit, access } = this.#visit(request, client);
    const release = releaseById(model, visit.parameters.get("release"));
    const ids = model.releases.map(({ id }) => printable(id)).join(", ");
    if (!release)
      return plainText(
        404,
        `The releases here are ${ids}: /offline.yml?release=${encodeURIComponent(model.releases[0].id)}\n`,
      );
    const cluster = this.#options.clusterOf(release, access);
    if (!cluster)
      return plainText(
        404,
        `There are no files or no registry here, or nobody knows kubespray ${printable(release.id)}\n`,
      );
    return documentResponse(request, { text: cluster.text, type: "application/yaml", saveAs: "offline.yml" });
  }

  #script(request: Request, client: Client): Response {
    const nodes = nodeFiles(this.#pageModel().images, this.#visit(request, client).access);
    if (!nodes) return plainText(404, "This server was started without a registry\n");
    return documentResponse(request, {
      text: nodes.script,
      type: "text/x-shellscript; charset=utf-8",
      saveAs: scriptName,
    });
  }

  #pageModel(): PageModel {
    this.#model ??= this.#options.model();
    return this.#model;
  }

  #visit(request: Request, client: Client): { readonly visit: Visit; readonly access: ServerAccess } {
    const { ca, requiresPassword, portsOf } = this.#options;
    const addresses = addressesFor(request.headers.get("host"), portsOf(client));
    return { visit: visitOf(request, addresses), access: { addresses, ca: ca?.certificate, requiresPassword } };
  }

  #page(request: Request, visit: Visit, { title, main, section, status, searched }: PageContent): Response {
    const now = this.#options.status();
    const text = renderLayout({
      visit,
      title,
      main,
      ...(section && { section }),
      search: searchForm(visit, searched),
      status: statusBand(now, visit),
      missing: now.missing,
      version: this.#options.version,
    });
    const vary = "Accept, Accept-Encoding, Accept-Language, Host";
    const headers = { ...securityHeaders, vary, "cache-control": "no-cache" };
    return documentResponse(request, { text, type: "text/html; charset=utf-8", headers, ...(status && { status }) });
  }
}
