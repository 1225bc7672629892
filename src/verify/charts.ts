// Checks the index.yaml beside the charts, from which a web server over the unpacked tree answers: it may list the bundle's charts alone.

import { metadataLimit } from "../bundle/lock.ts";
import type { Bundle } from "../bundle/open.ts";
import { indexFault } from "../charts/index-file.ts";
import type { ChartRepository } from "../charts/repository.ts";
import { readWhole, totalLength } from "../files/extents.ts";
import type { Findings } from "./report.ts";

/** Checks each index that the bundle has; bundles of an earlier kso have none. */
export function checkChartIndexes(bundle: Bundle, charts: readonly ChartRepository[], findings: Findings): void {
  for (const repository of charts) {
    const name = `files/${repository.path}`;
    const extents = bundle.locateFile(name);
    if (!extents) continue;
    const fault =
      totalLength(extents) > metadataLimit
        ? "it is too long"
        : indexFault(new TextDecoder().decode(readWhole(extents, metadataLimit)), repository);
    if (fault !== undefined) findings.add(name, "digest", fault);
  }
}
