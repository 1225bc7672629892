import { expect, test } from "bun:test";
import { RecentClients } from "../../../src/serve/monitoring/recent-clients.ts";

const client = (address: string) => ({ address: () => address });

test("each address counts once, for an hour from its last request", () => {
  const clients = new RecentClients();
  for (const now of [5000, 6000]) for (const name of ["10.0.0.1", "10.0.0.2"]) clients.note(client(name), now);
  expect(clients.count(7000)).toBe(2);
  clients.note(client("10.0.0.1"), 3_000_000);
  expect(clients.count(3_605_999)).toBe(2);
  expect(clients.count(3_606_000)).toBe(1);
  expect(clients.count(6_600_000)).toBe(0);
});

test("a flood costs a hundred look-ups a second and a bounded memory", () => {
  const clients = new RecentClients();
  let lookUps = 0;
  const counted = (address: string) => ({
    address: () => {
      lookUps++;
      return address;
    },
  });
  for (let request = 0; request < 5000; request++) clients.note(counted("10.0.0.1"), 1000);
  expect(lookUps).toBe(100);
  for (let request = 0; request < 20_000; request++) clients.note(counted(`a${request}`), 2000 + request * 10);
  expect(clients.count(202_000)).toBe(10_000);
});
