// Counts what long work reports: how much is done, how fast, how much is left, what is under way.
import { type Counts, formatProgress } from "./counts.ts";
import type { Language } from "./language.ts";
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
  /** Complete files and images, and how many are expected. */
  readonly counts: { readonly complete: Record<keyof Counts, number>; readonly total: Record<keyof Counts, number> } = {
    complete: { files: 0, images: 0 },
    total: { files: 0, images: 0 },
  };
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

  expect({ items, bytes, counts }: Parameters<Progress["expect"]>[0]): void {
    this.currentStep = undefined;
    this.total.items += items;
    this.total.bytes += bytes;
    this.counts.total.files += counts?.files ?? 0;
    this.counts.total.images += counts?.images ?? 0;
    this.#listener({ event: "expect", items: this.total.items, bytes: this.total.bytes });
  }

  complete(kind: "file" | "image"): void {
    this.counts.complete[`${kind}s`]++;
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

/** A number of seconds for people: `14 s`, `3 min 20 s`, `2 h 5 min`; `2 小时 5 分`. */
export function duration(seconds: number, language: Language = "en"): string {
  const [hour, minute, second] = language === "zh" ? ["小时", "分", "秒"] : ["h", "min", "s"];
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} ${second}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} ${minute} ${whole % 60} ${second}`;
  return `${Math.floor(whole / 3600)} ${hour} ${Math.floor((whole % 3600) / 60)} ${minute}`;
}

/**
 * `1.2 GB of 5.4 GB (22 %), 310 MB/s, 14 s left, 27 of 30 files, 12 of 48 images`; before there are items the step under way: `asking 3
 * registries for 50 images, 12 of 50 done`. Bytes of which nobody knows the sum stand alone.
 */
export function progressSummary(meter: Meter, { rate, left }: Pace, language: Language = "en"): string {
  const { bytes, total, currentStep } = meter;
  const words = progressWords[language];
  if (currentStep?.total === 0) return currentStep.text;
  if (currentStep) return `${currentStep.text}${words.comma}${words.done(currentStep.done, currentStep.total)}`;
  const percent = Math.min(100, Math.floor((100 * bytes) / total.bytes));
  const amount =
    bytes <= total.bytes ? words.part(formatSize(bytes), formatSize(total.bytes), percent) : formatSize(bytes);
  const count = countText(meter, language);
  return [
    ...(Math.max(bytes, total.bytes) > 0 ? [amount] : []),
    ...(rate > 0 ? [`${formatSize(rate)}/s`] : []),
    ...(left !== undefined ? [words.left(duration(left, language))] : []),
    ...(count === "" ? [] : [count]),
  ].join(words.comma);
}

const progressWords = {
  en: {
    comma: ", ",
    done: (part: number, whole: number) => `${part} of ${whole} done`,
    part: (part: string, whole: string, percent: number) => `${part} of ${whole} (${percent} %)`,
    left: (time: string) => `${time} left`,
  },
  zh: {
    comma: "，",
    done: (part: number, whole: number) => `已完成 ${part}/${whole}`,
    part: (part: string, whole: string, percent: number) => `${part} / ${whole}（${percent} %）`,
    left: (time: string) => `剩余 ${time}`,
  },
};

/** Files and images where they are counted; other items only where there are no bytes, by which one sees how far it is. */
function countText({ items, total, counts }: Meter, language: Language): string {
  const text = formatProgress(counts.complete, counts.total, language);
  if (text !== "" || total.bytes > 0 || total.items === 0) return text;
  return progressWords[language].done(items, total.items);
}
