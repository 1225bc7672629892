// A relay in front of servers that counts every byte they send, and does something at a given one: the moments of fault tests
// are places in the traffic, not times.
//
//   await using gate = await openGate();
//   const url = await gate.to(server.url);
//   gate.at(100_000, () => kill(child));     // everything waits until that is done
//   gate.at(200_000, "cut");                 // the connection that carries this byte
import net, { type AddressInfo, type Socket } from "node:net";

export interface Gate extends AsyncDisposable {
  /** The address through which a server at `http://127.0.0.1:PORT` is reached. */
  to(url: string): Promise<string>;
  /** Bytes that servers have sent through it, headers included. */
  readonly passed: number;
  /** What is done when so many bytes have passed; at the next byte where that many have passed already. */
  at(bytes: number, act: "cut" | (() => unknown)): void;
  /** Counts from nothing again, and forgets what was to be done. */
  reset(): void;
}

export async function openGate(): Promise<Gate> {
  const servers: net.Server[] = [];
  const sockets = new Set<Socket>();
  const moments: { bytes: number; act: "cut" | (() => unknown) }[] = [];
  let passed = 0;
  let held: Promise<unknown> = Promise.resolve();

  const send = (to: Socket, bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      if (to.destroyed || bytes.length === 0) return resolve();
      to.once("close", resolve);
      to.write(bytes, () => {
        to.off("close", resolve);
        resolve();
      });
    });
  const relay = async (from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from) {
      let rest = chunk as Buffer;
      while (rest.length > 0) {
        await held;
        const [next] = moments;
        const room = next ? Math.max(0, next.bytes - passed) : rest.length;
        const part = rest.subarray(0, room);
        passed += part.length;
        rest = rest.subarray(room);
        // Who reaches the moment takes it: others wait for the same one.
        const due = passed >= (next?.bytes ?? Number.POSITIVE_INFINITY) ? moments.shift() : undefined;
        await send(to, part);
        if (due?.act === "cut") {
          from.destroy();
          to.destroy();
          return;
        }
        if (due) held = Promise.resolve(due.act());
      }
    }
    to.end();
  };
  return {
    async to(url) {
      const { hostname, port } = new URL(url);
      const server = net.createServer((client) => {
        const origin = net.connect(Number(port), hostname);
        for (const socket of [client, origin]) {
          sockets.add(socket.setNoDelay());
          socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
        }
        client.on("close", () => origin.destroy());
        client.pipe(origin);
        relay(origin, client).catch(() => client.destroy());
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    get passed() {
      return passed;
    },
    at(bytes, act) {
      moments.push({ bytes, act });
      moments.sort((a, b) => a.bytes - b.bytes);
    },
    reset() {
      passed = 0;
      moments.length = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
