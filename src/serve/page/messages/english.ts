// The texts of the pages in English, and thereby which texts there are.

/** What is served, in one sentence. */
interface ReleaseSummary {
  readonly kubernetes: string;
  readonly architectures: string;
  readonly files: number;
  readonly images: number;
  readonly size: string;
}

/** Each text of the pages. */
export const english = {
  language: "Language",
  skip: "Skip to the content",
  pages: "Pages",
  contents: "Overview",
  files: "Files",
  missing: "Missing",

  status: "How it is",
  intact: "Intact",
  damaged: "Damaged",
  gone: "No answer",
  intactNote: (since: string) => `unchanged since ${since}`,
  intactHint: "The bundle's files are as they were when they were opened. kso verify checks every byte.",
  damagedNote: (since: string) => `since ${since}`,
  damagedHelp:
    "Nothing more is served from it. Put an intact copy in its place, check it with kso verify, and restart kso serve.",
  goneNote: "this page is older than the server's state",
  statusMissing: "Missing names",
  statusErrors: "Errors",
  statusErrorsHint: "answers with 5xx since the start",
  statusRefused: "Refused",
  statusRefusedHint: "requests that are none, and wrong passwords, since the start",
  statusClients: "Clients",
  statusClientsHint: "within the last hour",

  release: "Release",
  releases: "Releases",
  lede: ({ kubernetes, architectures, files, images, size }: ReleaseSummary) =>
    `Kubernetes ${kubernetes} for ${architectures}: ${files} files and ${images} images, ${size}`,
  and: " and ",

  use: "Set it up",
  useNote: "All lines hold the address that you reached this page by.",
  forWhom: "For which program",
  kubespray: "kubespray",
  containerd: "containerd",
  crio: "CRI-O",
  docker: "Docker",
  nodeScript: "Node script",
  curl: "curl",
  download: (name: string) => `Download ${name}`,
  show: (name: string) => `Show ${name}`,
  takeCa: "Trust the CA of this server",
  caNote:
    "Take it once and compare its SHA-256 fingerprint. On nodes the script puts it where it belongs (tab Node script):",
  saveOffline: "Save offline.yml in your inventory",
  saveOfflineNote: "Its variables are this release's own and lead every download and every image here.",
  check: "Check that all is here",
  checkNote:
    "Looks up each file and each image, for every architecture, under the very names that offline.yml makes the nodes ask for. Nothing is downloaded.",
  run: "Run kubespray",
  runNote: (version: string) => `From a checkout of kubespray ${version}, with your own inventory:`,
  runUpgradeNote: (path: string) =>
    `From a checkout of this release. To upgrade a cluster, take upgrade-cluster.yml and one release after the other: ${path}.`,
  onEachNode: "On each node, as root",
  containerdNote:
    "The script trusts the CA where there is one and writes hosts.toml for each registry. containerd reads them at once.",
  crioNote:
    "The script writes registries.conf.d/50-kso.conf, which Podman, Buildah and skopeo read too. Reload CRI-O afterwards.",
  dockerNote:
    "Docker has a mirror for docker.io alone; write every other image with this registry in front. Restart Docker afterwards.",
  whatIsWritten: "What is written",
  whatIsWrittenNote: "The same files, made from the bundle:",
  tryPull: "Pull an image",
  getScript: "Get the script and run it on each node, as root",
  getScriptNote:
    "It prepares whatever is installed: containerd, CRI-O, Docker. Files that kso did not write stay, unless --force is given; then each is kept as .bak.",
  undoScript: "Take it back",
  oneFile: "Download a file",
  curlNote: "Every file lies below its origin's host:",
  isItWell: "Ask how the server is, and what is missing",
  noRegistry: "There is no registry here",
  noRegistryNote:
    "This server was started with --registry off. Images are somewhere else: name that registry to kso config with --registry-host.",
  noFiles: "There are no files here",
  noFilesNote:
    "This server was started with --files off. Files are somewhere else: name that server to kso config with --files-url.",
  unknownRelease: (version: string) => `The variables of ${version} are not known here`,
  unknownReleaseNote: "Name the checkout to kso config kubespray with --kubespray-dir.",
  copy: "Copy",
  copied: "Copied",

  items: "What is inside",
  search: "Search",
  searchHint: "Name, component, version or digest",
  filters: "Filters",
  anyComponent: "All components",
  anyArchitecture: "All architectures",
  anyKind: "Files and images",
  onlyFiles: "Files only",
  onlyImages: "Images only",
  onlyAbsent: "Not here",
  clear: "Show all",
  shown: (count: string, total: string) => `${count} of ${total}`,
  nothing: "Nothing in this release matches.",
  elsewhere: "Found in:",
  more: (count: number) => `${count} more; search to see them`,
  component: "Component",
  version: "Version",
  content: "Content",
  total: "Total",
  counts: (files: number, images: number): string =>
    [files > 0 && `${files} file${files === 1 ? "" : "s"}`, images > 0 && `${images} image${images === 1 ? "" : "s"}`]
      .filter(Boolean)
      .join(", "),
  labelled: (label: string, text: string) => `${label}: ${text}`,
  name: "Name",
  architecture: "Architecture",
  size: "Size",
  digest: "Digest",
  file: "file",
  image: "image",
  variables: "variables",
  noPlatform: "none: it cannot be pulled",
  unavailable: "unavailable",
  unavailableNote: "Upstream does not have it, or publishes no digest for it.",
  unresolved: "unresolved",
  unresolvedNote: "The inventory wants it, and kso could not evaluate it; the bundle was made without it, on record.",
  pinned: "No digest is published; pinned when it was fetched",
  about: "About this bundle",
  platforms: "Platforms",
  onDisk: "On disk",
  commit: "Commit",
  lock: "Lock",
  madeBy: "Made by",

  listing: (path: string) => `Files below ${path}`,
  parent: "One level up",
  folder: (files: number) => `${files} file${files === 1 ? "" : "s"}`,
  sums: "SHA256SUMS of this folder",
  sumsNote: "To check a copy of this folder, in it:",
  sortBy: (column: string) => `Sort by ${column}`,

  missingTitle: "Asked for and not here",
  missingNote: "What clients asked this server for and the bundle lacks.",
  missingNone: "Everything that was asked for was here.",
  missingFetched: "Will be fetched",
  missingFetchedNote:
    "kso knows where these come from. Take the list to the connected side, look it through (anybody who reaches this server can write a name into it), and make the next bundle with it:",
  missingIncomplete: "Needs a full name",
  missingIncompleteNote:
    "These names do not say where they could be had, or are made of other files. They are left out of the next bundle: name the images as HOST/REPOSITORY:TAG in a text file of your own and add it with --extra.",
  missingMore: (count: number) => `${count} more are in the list.`,
  missingDropped: (count: number) => `${count} further requests are not listed.`,
  requests: "Requests",
  first: "First",
  last: "Last",
  clients: "Clients",
  chartIndex: "made from its charts: add these",
  partOfImage: "a part of an image: add the image",
  incomplete: "no registry in its name",
  unknown: "unknown",

  notFound: "Not in this bundle",
  notFoundNote: (name: string) => `This server has no ${name}`,
  servedBy: (version: string) => `kso ${version}, read-only`,
};

/** The texts of one language. */
export type Messages = typeof english;
