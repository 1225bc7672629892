// The interface through which long work reports its progress: to a terminal, a log, or a program that reads events.
import type { Counts } from "./counts.ts";

/** One item under way. */
export interface ProgressItem {
  /** That many bytes more have arrived (negative when a try is thrown away). */
  advance(bytes: number): void;
  /** That many bytes were here before it began: an earlier run left them. */
  found(bytes: number): void;
  /** Another try follows, because of this. */
  retry(cause: string): void;
  /** It is put off because of this, and begins again later. */
  postpone(cause: string): void;
  /** It is done: nothing more comes. */
  done(): void;
  /** It failed for good. */
  fail(cause: string): void;
}

/** Work made of items. */
export interface Progress {
  /**
   * What is done before there are items with bytes: `asking 3 registries for 50 images`.
   * @param total how many things it is done with, where they are counted. The returned function counts one.
   */
  step(text: string, total?: number): () => void;
  /** Adds to what is known to be done. `counts`: the files and images that it makes complete, where it is known which. */
  expect(work: { items: number; bytes: number; counts?: Counts }): void;
  /** A file or an image is complete, of those that were expected. */
  complete(kind: "file" | "image"): void;
  /** An item starts. `bytes` is its size where known. */
  begin(name: string, bytes?: number): ProgressItem;
  /** Something a person should know. */
  note(text: string): void;
}

const nothing: ProgressItem = { advance() {}, found() {}, retry() {}, postpone() {}, done() {}, fail() {} };

/** Work that nobody watches. */
export const silentProgress: Progress = {
  step: () => () => undefined,
  expect() {},
  complete() {},
  begin: () => nothing,
  note() {},
};
