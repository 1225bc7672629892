// Shows the progress of long work: a live task on a terminal, plain lines elsewhere, one event a line with --json. Events are data
// and go to stdout, all else to stderr.
import process from "node:process";
import { Listr, ListrLogger, ProcessOutput } from "listr2";
import type { Language } from "../../core/language.ts";
import { type ActiveItem, Meter, type ProgressEvent, progressSummary } from "../../core/meter.ts";
import type { Progress } from "../../core/progress.ts";
import { printable } from "../../core/quote.ts";
import type { GeneralOptions } from "../../flags/table.ts";
import type { Output } from "../command.ts";
import { messageLines } from "./messages.ts";
import { columnsOf, truncateEnd, truncateMiddle } from "./width.ts";

/** The time between two reports. Milliseconds. */
const intervals = { terminal: 100, log: 5000, events: 1000 };
/** How many items under way a terminal shows, and how many of the latest messages. */
const maxItems = 6;
const maxMessages = 3;

/** One of each event that a watched command prints with --json, for docs/cli.md. */
export const progressExample: string = `{"event": "step", "step": "asking 3 registries for 50 images", "items": 50}
{"event": "expect", "items": 96, "bytes": 5400000000}
{"event": "begin", "item": "dl.k8s.io/…/kubelet", "bytes": 58000000}
{"event": "progress", "bytes": 1200000000, "ofBytes": 5400000000, "items": 34, "ofItems": 96, "rate": 310000000, "left": 14}
{"event": "retry", "item": "quay.io/…", "cause": "503 Service Unavailable"}
{"event": "done", "item": "dl.k8s.io/…/kubelet"}
{"event": "fail", "item": "quay.io/…", "cause": "404 Not Found"}
{"event": "note", "text": "…"}`;

/** Does the work under a title; its progress is shown as the flags say. */
export type Watch = <T>(title: string, work: (progress: Progress) => Promise<T>) => Promise<T>;

/** Chooses terminal, lines or events by the flags and this process's streams. `events`: with --json the command prints events. */
export function watcher(options: GeneralOptions, output: Output, events: boolean): Watch {
  if (options.json && events) return (_, work) => watchAsEvents(output, work);
  if (options.quiet) return (_, work) => work(new Meter(() => undefined));
  // A terminal without a width would get one letter a line.
  if (process.stderr.isTTY && process.stderr.columns > 0)
    return (title, work) => watchOnTerminal(title, output.language, work);
  return (title, work) => watchAsLines(title, output, work);
}

async function watchAsEvents<T>(output: Output, work: (progress: Progress) => Promise<T>): Promise<T> {
  const send = (event: ProgressEvent | Record<string, unknown>): void => output.data(`${JSON.stringify(event)}\n`);
  const meter = new Meter(send);
  return await repeatDuring(
    intervals.events,
    () => send(totalsEvent(meter)),
    () => work(meter),
  );
}

function totalsEvent(meter: Meter): Record<string, unknown> {
  const { rate, left } = meter.pace(performance.now());
  return {
    event: "progress",
    bytes: meter.bytes,
    ofBytes: meter.total.bytes,
    items: meter.items,
    ofItems: meter.total.items,
    rate: Math.round(rate),
    ...(left !== undefined && { left: Math.ceil(left) }),
  };
}

async function watchAsLines<T>(title: string, output: Output, work: (progress: Progress) => Promise<T>): Promise<T> {
  // Failures are not shown here: the command lists them at its end.
  const meter = new Meter((event) => {
    if (event.event === "note") output.tell(`note: ${event.text}`);
    if (event.event === "retry") output.tell(`again: ${event.item}: ${event.cause}`);
  });
  let previous = "";
  const report = (): void => {
    const line = `${title}: ${progressSummary(meter, meter.pace(performance.now()), output.language)}`;
    if ((meter.total.items > 0 || meter.currentStep) && line !== previous) output.tell(line);
    previous = line;
  };
  return await repeatDuring(intervals.log, report, () => work(meter));
}

async function watchOnTerminal<T>(
  title: string,
  language: Language | undefined,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  const logger = new ListrLogger({ processOutput });
  // Messages are shown while the work lasts, notes afterwards too; the command lists failures at its end.
  const messages: string[] = [];
  const notes: string[] = [];
  const meter = new Meter((event) => {
    if (event.event === "note") notes.push(`note: ${event.text}`);
    if (event.event === "note") messages.push(`note: ${event.text}`);
    if (event.event === "fail") messages.push(`failed: ${event.item}: ${event.cause}`);
  });
  const results: T[] = [];
  const task = new Listr(
    [
      {
        title,
        task: async (_, shown): Promise<void> => {
          let lines: string[] = [];
          const draw = (): void => {
            lines = screenLines(meter, messages, process.stderr.columns, language);
            shown.output = lines.join("\n");
          };
          const resize = (): void => {
            // listr2 holds back what others write meanwhile.
            processOutput.toStdout(eraseWrapped(title, lines, process.stderr.columns), false);
            draw();
          };
          process.stderr.on("resize", resize);
          try {
            results.push(await repeatDuring(intervals.terminal, draw, () => work(meter)));
          } finally {
            process.stderr.off("resize", resize);
          }
          const summary = progressSummary(meter, { rate: 0, left: undefined }, language);
          shown.title = meter.total.items > 0 ? `${title}: ${summary}` : title;
        },
        rendererOptions: { outputBar: 1, persistentOutput: false },
      },
    ],
    // Ctrl-C is the command's: it lets the store finish what it is writing. A failure is the command's to report, once.
    { registerSignalListeners: false, rendererOptions: { logger, lazy: true, showErrorMessage: false } },
  );
  try {
    await task.run();
  } finally {
    for (const note of notes) process.stderr.write(`${messageLines(note)}\n`);
  }
  return results[0] as T;
}

/** What a terminal of that many columns shows: the latest messages, the totals, and the items under way. */
export function screenLines(
  meter: Meter,
  messages: readonly string[],
  columns: number,
  language: Language = "en",
): string[] {
  const width = Math.max(20, columns - 6);
  const active = [...meter.active.values()];
  const remainder =
    active.length > maxItems
      ? [language === "zh" ? `      另有 ${active.length - maxItems} 项` : `      and ${active.length - maxItems} more`]
      : [];
  const summary = progressSummary(meter, meter.pace(performance.now()), language);
  return [
    ...messages.slice(-maxMessages).map((message) => truncateEnd(printable(message), width)),
    ...(summary === "" ? [] : [truncateEnd(summary, width)]),
    ...active.slice(0, maxItems).map((item) => itemLine(item, width)),
    ...remainder,
  ];
}

/** What listr2 puts before the title, and before each line below it. Columns. */
const prefix = { title: 2, line: 4 };

/**
 * Erases what a frame takes in rows beyond one a line, once the terminal has become narrower and has wrapped it: whoever draws the next
 * frame erases one row for each line of the last.
 */
export function eraseWrapped(title: string, lines: readonly string[], columns: number): string {
  const widths = [prefix.title + columnsOf(title), ...lines.map((line) => prefix.line + columnsOf(line))];
  const rows = widths.reduce((sum, width) => sum + Math.max(0, Math.ceil(width / Math.max(1, columns)) - 1), 0);
  return "\x1b[2K\x1b[1A".repeat(rows);
}

function itemLine({ name, size, bytes, trouble }: ActiveItem, width: number): string {
  const share = size ? `${String(Math.min(100, Math.floor((100 * bytes) / size))).padStart(3)} %` : "     ";
  const reason = trouble === undefined ? "" : truncateEnd(printable(` (again: ${trouble})`), Math.floor(width / 2));
  return `${share} ${truncateMiddle(name, width - share.length - 1 - reason.length)}${reason}`;
}

/** Calls `act` again and again while the work lasts, and once more at its end. */
async function repeatDuring<T>(milliseconds: number, act: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(act, milliseconds);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    act();
  }
}
