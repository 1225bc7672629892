// Counters of finished requests travel in, Prometheus' text format travels out
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).

/** What does not come from requests. */
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

/** What changes by itself, read when asked. */
export interface Gauges {
  /** Listener, and requests on it that are not over. */
  readonly inFlight: readonly (readonly [listener: string, count: number])[];
  /** Resident memory. Bytes. */
  readonly memory: number;
  /** Seconds of processor time, all threads. */
  readonly cpu: number;
  /** Misses so far, and how many names they are. */
  readonly missing: { readonly requests: number; readonly names: number };
}

export interface Metrics {
  /** A request is over: bytes of its body, and milliseconds. */
  count(listener: string, method: string, status: number, bytes: number, took: number): void;
  render(standing: ServerInfo, gauges: Gauges): string;
}

/** The methods that are counted by name; a client must not be able to invent labels. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

interface Count {
  requests: number;
  bytes: number;
  /** Milliseconds. */
  took: number;
}

export function startMetrics(): Metrics {
  // listener → method → status; plain maps, for this is counted at every request.
  const counts = new Map<string, Map<string, Map<number, Count>>>();
  return {
    count(listener, method, status, bytes, took) {
      const name = methods.has(method) ? method : "OTHER";
      const byMethod = within(counts, listener, newMap<string, Map<number, Count>>);
      const count = within(within(byMethod, name, newMap<number, Count>), status, newCount);
      count.requests++;
      count.bytes += bytes;
      count.took += took;
    },
    render(standing, gauges) {
      const all = [...counts].flatMap(([listener, byMethod]) =>
        [...byMethod].flatMap(([method, byStatus]) =>
          [...byStatus].map(([status, count]) => ({ labels: { listener, method, code: String(status) }, count })),
        ),
      );
      const { version, commit, release, kubernetes, lock } = standing;
      return [
        family(
          "kso_requests_total",
          "counter",
          "Requests that are over.",
          all.map((one) => [one.labels, one.count.requests]),
        ),
        family(
          "kso_response_bytes_total",
          "counter",
          "Bytes of the bodies of answers.",
          all.map((one) => [one.labels, one.count.bytes]),
        ),
        family(
          "kso_request_seconds_total",
          "counter",
          "Time until answers were ready.",
          all.map((one) => [one.labels, one.count.took / 1000]),
        ),
        family(
          "kso_requests_in_flight",
          "gauge",
          "Requests that are not over.",
          gauges.inFlight.map(([listener, count]) => [{ listener }, count]),
        ),
        family("kso_missing_requests_total", "counter", "Requests for what the bundle lacks.", [
          [{}, gauges.missing.requests],
        ]),
        family("kso_missing_names", "gauge", "Names that were asked for and that the bundle lacks.", [
          [{}, gauges.missing.names],
        ]),
        family("kso_build_info", "gauge", "This program.", [[{ version, commit }, 1]]),
        family("kso_bundle_info", "gauge", "What is served.", [[{ release, kubernetes, lock }, 1]]),
        family("kso_bundle_files", "gauge", "Files in the bundle.", [[{}, standing.files]]),
        family("kso_bundle_images", "gauge", "Images in the bundle.", [[{}, standing.images]]),
        family("kso_bundle_bytes", "gauge", "Bytes of the bundle on disk.", [[{}, standing.size]]),
        family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", [[{}, gauges.memory]]),
        family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", [
          [{}, gauges.cpu],
        ]),
        family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", [
          [{}, standing.started],
        ]),
      ].join("");
    },
  };
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function family(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}

function newMap<K, V>(): Map<K, V> {
  return new Map();
}

function newCount(): Count {
  return { requests: 0, bytes: 0, took: 0 };
}
