// Long work, watched: a task that moves on a terminal, plain lines elsewhere, one event a line with --json. All of it on
// stderr but the events, which are data.
import process from "node:process";
import { Listr, ListrLogger, ProcessOutput } from "listr2";
import type { Progress } from "../../core/progress.ts";
import type { Output } from "../command.ts";
import type { GeneralOptions } from "../flags/table.ts";
import { type Active, type Event, Meter, summary } from "./meter.ts";

/** How often a terminal and a log are told. Milliseconds. */
const often = { terminal: 100, lines: 5000, events: 1000 };
/** How many items under way a terminal shows, and how many lines of what was said. */
const shown = 6;
const lines = 3;

/** Does the work under a title; what it tells is shown as the flags ask. */
export type Watch = <T>(title: string, work: (progress: Progress) => Promise<T>) => Promise<T>;

/** Terminal, lines or events, as the flags and this process's streams say. `events`: the command gives events with --json. */
export function watcher(options: GeneralOptions, output: Output, events: boolean): Watch {
  if (options.json && events) return (_, work) => asEvents(output, work);
  if (options.quiet) return (_, work) => work(new Meter(() => undefined));
  // A terminal without a width would get one letter a line.
  if (process.stderr.isTTY && process.stderr.columns > 0) return onTerminal;
  return (title, work) => asLines(title, output, work);
}

async function asEvents<T>(output: Output, work: (progress: Progress) => Promise<T>): Promise<T> {
  const tell = (event: Event | Record<string, unknown>): void => output.data(`${JSON.stringify(event)}\n`);
  const meter = new Meter(tell);
  return await every(
    often.events,
    () => tell({ event: "progress", ...state(meter) }),
    () => work(meter),
  );
}

function state(meter: Meter): Record<string, unknown> {
  const { rate, left } = meter.pace(performance.now());
  return {
    bytes: meter.bytes,
    ofBytes: meter.total.bytes,
    items: meter.items,
    ofItems: meter.total.items,
    rate: Math.round(rate),
    ...(left !== undefined && { left: Math.ceil(left) }),
  };
}

async function asLines<T>(title: string, output: Output, work: (progress: Progress) => Promise<T>): Promise<T> {
  // What failed for good the command lists at its end.
  const meter = new Meter((event) => {
    if (event.event === "note") output.tell(`note: ${event.text}`);
    if (event.event === "retry") output.tell(`again: ${event.item}: ${event.cause}`);
  });
  let last = "";
  const line = (): void => {
    const now = `${title}: ${summary(meter, meter.pace(performance.now()))}`;
    if (meter.total.items > 0 && now !== last) output.tell(now);
    last = now;
  };
  return await every(often.lines, line, () => work(meter));
}

async function onTerminal<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  // Shown while it lasts, and notes afterwards too; what failed the command lists at its end.
  const said: string[] = [];
  const notes: string[] = [];
  const result: T[] = [];
  const task = new Listr(
    [
      {
        title,
        task: async (_, shownTask): Promise<void> => {
          const meter = new Meter((event) => {
            if (event.event === "note") notes.push(`note: ${event.text}`);
            if (event.event === "note") said.push(`note: ${event.text}`);
            if (event.event === "fail") said.push(`failed: ${event.item}: ${event.cause}`);
          });
          const draw = (): void => {
            shownTask.output = screen(meter, said, process.stderr.columns).join("\n");
          };
          result.push(await every(often.terminal, draw, () => work(meter)));
          shownTask.title = meter.total.items > 0 ? `${title}: ${summary(meter, { rate: 0, left: undefined })}` : title;
        },
        rendererOptions: { outputBar: 1, persistentOutput: false },
      },
    ],
    // Ctrl-C is the command's: it lets the store finish what it is writing.
    // What it fails with is the command's to say, once.
    { registerSignalListeners: false, rendererOptions: { logger, lazy: true, showErrorMessage: false } },
  );
  try {
    await task.run();
  } finally {
    for (const line of notes) process.stderr.write(`${line}\n`);
  }
  return result[0] as T;
}

/** What a terminal of that many columns shows: what was said last, where the whole is, and what is under way. */
export function screen(meter: Meter, said: readonly string[], columns: number): string[] {
  const width = Math.max(20, columns - 6);
  const active = [...meter.active.values()];
  const more = active.length > shown ? [`      and ${active.length - shown} more`] : [];
  return [
    ...said.slice(-lines).map((line) => cut(line, width)),
    cut(summary(meter, meter.pace(performance.now())), width),
    ...active.slice(0, shown).map((one) => row(one, width)),
    ...more,
  ];
}

function row({ name, size, bytes, trouble }: Active, width: number): string {
  const share = size ? `${String(Math.min(100, Math.floor((100 * bytes) / size))).padStart(3)} %` : "     ";
  const why = trouble === undefined ? "" : cut(` (again: ${trouble})`, Math.floor(width / 2));
  return `${share} ${middle(name, width - share.length - 1 - why.length)}${why}`;
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** A path is known by its end as much as by its beginning. */
function middle(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = Math.floor((width - 1) / 2);
  return `${name.slice(0, width - 1 - end)}…${end > 0 ? name.slice(-end) : ""}`;
}

async function every<T>(milliseconds: number, act: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(act, milliseconds);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    act();
  }
}
