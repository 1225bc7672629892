// The repositories that a registry inside the air gap has for an image.
import { isRepository, namesInside, type Reference } from "../core/reference.ts";

/** All of its names that a registry can serve: none with a port in it. */
export function repositoriesOf(reference: Reference): string[] {
  return namesInside(reference).filter(isRepository);
}
