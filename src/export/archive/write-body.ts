// Moves the bytes of an archive from the store into its file.
import type { ArchiveBody } from "./body.ts";

/** Size of the two buffers that alternate. Both fit a core's cache; larger is no faster. Bytes. */
const bufferSize = 1 << 18;

/** Takes the bytes of an archive. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes the whole body: one buffer is read into while the other is written. `onProgress` is called before the first
 * byte and after each buffer; what it throws ends the work.
 * @throws KsoError `fetch` where a content was changed meanwhile.
 */
export async function writeArchiveBody(
  body: ArchiveBody,
  sink: ByteSink,
  onProgress: (bytes: number) => void,
): Promise<void> {
  let [full, free] = [new Uint8Array(bufferSize), new Uint8Array(bufferSize)];
  onProgress(0);
  for (let filled = body.fill(full); filled > 0; ) {
    const writing = sink.write(full.subarray(0, filled));
    let next: number;
    try {
      next = body.fill(free);
    } finally {
      // The buffer and the file must not change during the write, and a failed write must not be ignored.
      await writing;
    }
    onProgress(filled);
    [full, free, filled] = [free, full, next];
  }
  body.assertUnchanged();
}
