import { expect, test } from "vitest";

import { overlap, roomOf, subnet, widened } from "../../components/docker/subnet.ts";
import { messages } from "../support/messages.ts";

test.each([
  ["172.20.0.0/16", "172.20.5.0/24", true],
  ["172.20.5.0/24", "172.20.0.0/16", true],
  ["172.20.0.0/16", "172.21.0.0/16", false],
  ["10.0.0.0/8", "10.255.255.0/24", true],
  ["172.20.0.0/16", "fd00::/64", false],
])("%s and %s share an address: %s", (a, b, expected) => expect(overlap(a, b)).toBe(expected));

const PRIVATE = "must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 and have a prefix of at most 28 bits";

test.each([
  ["172.29.0.0/16", []],
  ["10.0.0.0/8", []],
  ["192.168.7.16/28", []],
  ["172.29.0.7/16", ['must begin with the first address of the subnet, for example "172.29.0.0/16", got "172.29.0.7/16"']],
  ["192.168.7.17/28", ['must begin with the first address of the subnet, for example "192.168.7.16/28", got "192.168.7.17/28"']],
  ["8.8.8.0/30", [`${PRIVATE}, got "8.8.8.0/30"`]],
  ["8.8.8.0/24", [`${PRIVATE}, got "8.8.8.0/24"`]],
  ["172.16.0.0/11", [`${PRIVATE}, got "172.16.0.0/11"`]],
  ["192.168.7.0/29", [`${PRIVATE}, got "192.168.7.0/29"`]],
  ["172.20.0.0", ['must be an IPv4 subnet such as "172.20.0.0/16", got "172.20.0.0"']],
])("%s is a subnet for a stack or refused: %j", (given, expected) => expect(messages(subnet, given)).toEqual(expected));

test.each([
  ["172.20.0.0/16", 65_533],
  ["192.168.7.0/24", 253],
  ["192.168.7.0/28", 13],
])("%s has room for %d containers", (given, room) => expect(roomOf(given)).toBe(room));

test.each([
  ["192.168.7.0/28", 14, "192.168.7.0/27"],
  ["192.168.7.16/28", 14, "192.168.7.0/27"],
  ["192.168.7.0/28", 253, "192.168.7.0/24"],
])("%s with room for %d containers is %s", (given, containers, expected) => {
  expect(widened(given, containers)).toBe(expected);
  expect(roomOf(expected)).toBeGreaterThanOrEqual(containers);
});
