// Counters of requests, and everything else that `/metrics` shows.
import { type RouteHandler, readOnly, targetOf, textResponse } from "../handler.ts";
import { type MetricFamily, prometheusText, type Sample } from "./prometheus.ts";

/** What does not change while the server runs. */
export interface ServerInfo {
  readonly version: string;
  readonly commit: string;
  readonly release: string;
  readonly kubernetes: string;
  /** The digest of the lock. */
  readonly lock: string;
  /** Of the bundle. */
  readonly files: number;
  readonly images: number;
  /** Bytes on disk. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly started: number;
}

/** Values that are read at each request for `/metrics`. */
export interface Gauges {
  /** Each listener with the number of its requests that are not over. */
  readonly inFlight: readonly (readonly [listener: string, count: number])[];
  /** Resident memory. Bytes. */
  readonly memory: number;
  /** Seconds of processor time, all threads. */
  readonly cpu: number;
  /** Requests for what the bundle lacks so far, and how many names they are for. */
  readonly missing: { readonly requests: number; readonly names: number };
  /** Clients of the last hour. */
  readonly clients: number;
}

/** The methods that are counted by name; a client must not be able to invent labels. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Requests of one kind. */
class RequestCounter {
  requests = 0;
  bytes = 0;
  /** Milliseconds. */
  duration = 0;

  /** Counts a request that is over: bytes of its response's body, and milliseconds. */
  add(bytes: number, duration: number): void {
    this.requests++;
    this.bytes += bytes;
    this.duration += duration;
  }
}

/** Counts requests by listener, method and status. */
export class Metrics {
  // Nested maps: a counter is looked up at every request, and a combined key would be built each time.
  readonly #counters = new Map<string, Map<string, Map<number, RequestCounter>>>();
  /** Requests with a wrong name or password. */
  wrongPasswords = 0;

  /** The counter of requests of this kind. */
  counter(listener: string, method: string, status: number): RequestCounter {
    const byMethod = getOrCreate(this.#counters, listener, newMap<string, Map<number, RequestCounter>>);
    const byStatus = getOrCreate(byMethod, methods.has(method) ? method : "OTHER", newMap<number, RequestCounter>);
    return getOrCreate(byStatus, status, newCounter);
  }

  /**
   * Requests that failed so far: `errors` are the server's (5xx), `refused` the clients' (4xx, and wrong passwords). What is missing is
   * in a list of its own, and being asked for a password is no failure.
   */
  get failures(): { readonly errors: number; readonly refused: number } {
    let errors = 0;
    let refused = this.wrongPasswords;
    for (const byMethod of this.#counters.values())
      for (const byStatus of byMethod.values())
        for (const [status, { requests }] of byStatus) {
          if (status >= 500) errors += requests;
          else if (status >= 400 && status !== 401 && status !== 404) refused += requests;
        }
    return { errors, refused };
  }

  /** All metrics in Prometheus' text format. */
  render(info: ServerInfo, gauges: Gauges): string {
    return prometheusText([
      ...this.#requestFamilies(),
      single("kso_wrong_passwords_total", "counter", "Requests with a wrong name or password.", this.wrongPasswords),
      ...gaugeFamilies(gauges),
      ...infoFamilies(info),
      ...processFamilies(gauges, info.started),
    ]);
  }

  #requestFamilies(): MetricFamily[] {
    const counters = [...this.#counters].flatMap(([listener, byMethod]) =>
      [...byMethod].flatMap(([method, byStatus]) =>
        [...byStatus].map(([status, counter]) => ({ labels: { listener, method, code: String(status) }, counter })),
      ),
    );
    const samples = (value: (counter: RequestCounter) => number): Sample[] =>
      counters.map(({ labels, counter }) => ({ labels, value: value(counter) }));
    return [
      {
        name: "kso_requests_total",
        type: "counter",
        help: "Requests that are over.",
        samples: samples(({ requests }) => requests),
      },
      {
        name: "kso_response_bytes_total",
        type: "counter",
        help: "Bytes of the bodies of answers.",
        samples: samples(({ bytes }) => bytes),
      },
      {
        name: "kso_request_seconds_total",
        type: "counter",
        help: "Time until answers were ready.",
        samples: samples(({ duration }) => duration / 1000),
      },
    ];
  }
}

function gaugeFamilies({ inFlight, missing, clients }: Gauges): MetricFamily[] {
  return [
    {
      name: "kso_requests_in_flight",
      type: "gauge",
      help: "Requests that are not over.",
      samples: inFlight.map(([listener, value]) => ({ labels: { listener }, value })),
    },
    single("kso_missing_requests_total", "counter", "Requests for what the bundle lacks.", missing.requests),
    single("kso_recent_clients", "gauge", "Clients that came within the last hour.", clients),
    single("kso_missing_names", "gauge", "Names that were asked for and that the bundle lacks.", missing.names),
  ];
}

function infoFamilies(info: ServerInfo): MetricFamily[] {
  const { version, commit, release, kubernetes, lock } = info;
  return [
    labelled("kso_build_info", "This program.", { version, commit }),
    labelled("kso_bundle_info", "What is served.", { release, kubernetes, lock }),
    single("kso_bundle_files", "gauge", "Files in the bundle.", info.files),
    single("kso_bundle_images", "gauge", "Images in the bundle.", info.images),
    single("kso_bundle_bytes", "gauge", "Bytes of the bundle on disk.", info.size),
  ];
}

function processFamilies({ memory, cpu }: Gauges, started: number): MetricFamily[] {
  return [
    single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", memory),
    single("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", cpu),
    single("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", started),
  ];
}

function single(name: string, type: MetricFamily["type"], help: string, value: number): MetricFamily {
  return { name, type, help, samples: [{ labels: {}, value }] };
}

function labelled(name: string, help: string, labels: Sample["labels"]): MetricFamily {
  return { name, type: "gauge", help, samples: [{ labels, value: 1 }] };
}

/** `/metrics`. */
export function metricsRoute(metrics: Metrics, info: ServerInfo, gauges: () => Gauges): RouteHandler {
  return (request) => {
    if (targetOf(request).path !== "/metrics") return undefined;
    return readOnly(request, () =>
      textResponse(metrics.render(info, gauges()), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
    );
  };
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const created = create();
  map.set(key, created);
  return created;
}

function newMap<K, V>(): Map<K, V> {
  return new Map();
}

function newCounter(): RequestCounter {
  return new RequestCounter();
}
