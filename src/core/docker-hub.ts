// Docker Hub and its many names.

/** Docker Hub's host in image names. */
export const dockerHub = "docker.io";
/** The address of its registry. */
export const dockerHubRegistry = "https://registry-1.docker.io";
/** The name by which Docker and its credential helpers know the registry. */
export const dockerHubServer = "https://index.docker.io/v1/";

const aliases: readonly string[] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/** The host as it stands in image names: `docker.io` for each name of Docker Hub, any other host as it is. */
export function canonicalHost(host: string): string {
  return aliases.includes(host) ? dockerHub : host;
}

/** The repository as its registry knows it: on Docker Hub `nginx` is `library/nginx`. The host is a canonical one. */
export function canonicalRepository(host: string, repository: string): string {
  return host === dockerHub && !repository.includes("/") ? `library/${repository}` : repository;
}

/** `registry-1.docker.io/nginx` becomes `docker.io/library/nginx`; a name of another host, or of none, stays as it is. */
export function canonicalName(name: string): string {
  const [, host, repository] = /^([^/]+)\/(.+)$/s.exec(name) ?? [];
  if (host === undefined || repository === undefined) return name;
  const canonical = canonicalHost(host);
  return `${canonical}/${canonicalRepository(canonical, repository)}`;
}
