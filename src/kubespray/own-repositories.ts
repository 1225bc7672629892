// Images that only templates name, at the repositories that a cluster's variables say: `…_image_repo` beside the `…_image_tag` that a plugin
// takes the version from.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { formatReference, normalizeReference, referenceFault } from "../core/reference.ts";
import { isMirrorOf } from "./location.ts";
import { hostOf, isPrivateHost } from "./site-address.ts";

/** The variables of a cluster and of its checkout alone; both see all roles. */
export interface RepositoryVariables {
  readonly cluster: Templar;
  readonly checkout: Templar;
}

/** The variable with the repository of the image whose tag a pin is. */
export function repositoryVariable(pin: string): string | undefined {
  return pin.endsWith("_image_tag") ? pin.replace(/_tag$/, "_repo") : undefined;
}

/** The contributions with the repositories that the cluster chooses; a mirror of the checkout's own is no choice of another image. */
export function atOwnRepositories(described: readonly Contributed[], variables: RepositoryVariables): Contributed[] {
  return described.map((item) => {
    const variable = item.pin && repositoryVariable(item.pin);
    if (item.kind === "file" || !variable) return item;
    const [own, chosen] = [textOf(variable, variables.checkout), textOf(variable, variables.cluster)];
    if (!own || !chosen || own === chosen) return item;
    const image = rebased(item.image, own, chosen);
    return image === undefined ? item : { ...item, image };
  });
}

/** The image below another repository than the one that it begins with; undefined where that is the same image at another place. */
function rebased(image: string, own: string, chosen: string): string | undefined {
  const prefix = [own, completed(own)].find((text) => image.startsWith(text));
  if (prefix === undefined || isMirrorOf(chosen, prefix)) return undefined;
  const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
  if (isPrivateHost(hostOf(chosen) ?? "docker.io") && last(chosen) === last(prefix)) return undefined;
  const written = chosen + image.slice(prefix.length);
  return referenceFault(written) === undefined ? formatReference(normalizeReference(written)) : written;
}

/** `docker.io/library/busybox` of `busybox`. */
function completed(repository: string): string {
  if (referenceFault(repository) !== undefined) return repository;
  const { host, repository: path } = normalizeReference(repository);
  return `${host}/${path}`;
}

function textOf(name: string, templar: Templar): string | undefined {
  return templar.rawOf(name) === undefined ? undefined : attempt(() => str(templar.resolve(name)));
}
