// Counts what long work reports: how much is done, how fast, how much is left, what is under way.
import type { Progress, ProgressItem } from "./progress.ts";
import { formatSize } from "./size.ts";

/** One thing that happened; with `--json` each is one line. Sizes in bytes. */
export type ProgressEvent =
  | { event: "step"; step: string; items: number }
  | { event: "expect"; items: number; bytes: number }
  | { event: "begin"; item: string; bytes?: number }
  | { event: "retry"; item: string; cause: string }
  | { event: "done"; item: string }
  | { event: "fail"; item: string; cause: string }
  | { event: "note"; text: string };

/** Bytes a second and seconds left, over the last few seconds. */
export interface Pace {
  readonly rate: number;
  readonly left: number | undefined;
}

/** An item under way. */
export interface ActiveItem {
  readonly name: string;
  readonly size: number | undefined;
  bytes: number;
  /** Why it is tried once more; undefined while it goes well. */
  trouble: string | undefined;
}

/** What is done before there are items. */
interface Step {
  readonly text: string;
  readonly total: number;
  done: number;
}

/** Over how long the rate is taken. Milliseconds. */
const ratePeriod = 5000;

/** Counts the progress of one piece of work, and passes each event on. */
export class Meter implements Progress {
  bytes = 0;
  items = 0;
  readonly total: { bytes: number; items: number } = { bytes: 0, items: 0 };
  readonly active: Map<number, ActiveItem> = new Map();
  /** The step under way; undefined once items are expected. */
  currentStep: Step | undefined;
  readonly #listener: (event: ProgressEvent) => void;
  readonly #samples: { at: number; bytes: number }[] = [];
  #nextId = 0;
  constructor(listener: (event: ProgressEvent) => void) {
    this.#listener = listener;
  }

  step(text: string, total = 0): () => void {
    const step = { text, total, done: 0 };
    this.currentStep = step;
    this.#listener({ event: "step", step: text, items: total });
    return () => {
      step.done++;
    };
  }

  expect({ items, bytes }: { items: number; bytes: number }): void {
    this.currentStep = undefined;
    this.total.items += items;
    this.total.bytes += bytes;
    this.#listener({ event: "expect", items: this.total.items, bytes: this.total.bytes });
  }

  note(text: string): void {
    this.#listener({ event: "note", text });
  }

  begin(name: string, bytes?: number): ProgressItem {
    const id = this.#nextId++;
    const active: ActiveItem = { name, size: bytes, bytes: 0, trouble: undefined };
    this.active.set(id, active);
    this.#listener({ event: "begin", item: name, ...(bytes !== undefined && { bytes }) });
    return {
      advance: (count) => {
        active.bytes += count;
        this.bytes += count;
        if (count > 0) active.trouble = undefined;
      },
      found: (count) => {
        active.bytes += count;
        this.bytes += count;
        // An earlier run transferred these bytes, so the rate leaves them out.
        for (const sample of this.#samples) sample.bytes += count;
      },
      retry: (cause) => {
        active.trouble = cause;
        this.#listener({ event: "retry", item: name, cause });
      },
      postpone: (cause) => {
        this.active.delete(id);
        // When it begins again, its bytes are reported by `found`.
        this.bytes -= active.bytes;
        for (const sample of this.#samples) sample.bytes -= active.bytes;
        this.#listener({ event: "retry", item: name, cause });
      },
      done: () => {
        this.active.delete(id);
        this.items++;
        // No server announced its size: it is known only now.
        if (bytes === undefined) this.total.bytes += active.bytes;
        this.#listener({ event: "done", item: name });
      },
      fail: (cause) => {
        this.active.delete(id);
        this.#listener({ event: "fail", item: name, cause });
      },
    };
  }

  /** The pace over the last few seconds. Each call takes a sample, so it is called now and then; `now` in milliseconds. */
  pace(now: number): Pace {
    this.#samples.push({ at: now, bytes: this.bytes });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > ratePeriod) this.#samples.shift();
    const first = this.#samples[0] ?? { at: now, bytes: this.bytes };
    const rate = now > first.at ? Math.max(0, ((this.bytes - first.bytes) * 1000) / (now - first.at)) : 0;
    const remaining = this.total.bytes - this.bytes;
    return { rate, left: rate > 0 && remaining > 0 ? remaining / rate : undefined };
  }
}

/** A number of seconds for people: `14 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * `1.2 of 5.4 GB (22 %), 310 MB/s, 14 s left, 34 of 96 done`; before there are items the step under way: `asking 3 registries for 50
 * images, 12 of 50 done`. Bytes of which nobody knows the sum stand alone.
 */
export function progressSummary(meter: Meter, { rate, left }: Pace): string {
  const { bytes, total, items, currentStep } = meter;
  if (currentStep?.total === 0) return currentStep.text;
  if (currentStep) return `${currentStep.text}, ${currentStep.done} of ${currentStep.total} done`;
  const percent = ` (${Math.min(100, Math.floor((100 * bytes) / total.bytes))} %)`;
  const amount =
    bytes <= total.bytes ? `${formatSize(bytes)} of ${formatSize(total.bytes)}${percent}` : formatSize(bytes);
  return [
    ...(Math.max(bytes, total.bytes) > 0 ? [amount] : []),
    ...(rate > 0 ? [`${formatSize(rate)}/s`] : []),
    ...(left !== undefined ? [`${duration(left)} left`] : []),
    ...(Math.max(items, total.items) > 0 ? [`${items} of ${Math.max(items, total.items)} done`] : []),
  ].join(", ");
}
