import { expect, test } from 'vitest';
import { AddressPool, formatAddress, parseCidr } from '../../src/kubelet/addresses.ts';

test('a /24 gives 253 addresses, each once, and reuses the freed ones last', () => {
  const pool = new AddressPool('10.4.7.0/24');
  const taken = Array.from({ length: 253 }, () => pool.take() as number);
  expect(formatAddress(taken[0] as number)).toBe('10.4.7.2');
  expect(formatAddress(taken[252] as number)).toBe('10.4.7.254');
  expect(new Set(taken).size).toBe(253);
  expect(pool.take()).toBeUndefined();
  pool.free(taken[5] as number);
  pool.free(taken[5] as number);
  expect(pool.inUse).toBe(252);
  expect(pool.take()).toBe(taken[5]);
});

test('an address that was just freed is not the next one given', () => {
  const pool = new AddressPool('10.4.7.0/24');
  const first = pool.take() as number;
  pool.free(first);
  expect(pool.take()).not.toBe(first);
});

test('what is no CIDR is named', () => {
  for (const bad of ['', '10.0.0.0', '10.0.0.0/31', '10.0.0.256/24', 'fd00::/64']) expect(() => parseCidr(bad)).toThrow(bad);
  expect(parseCidr('192.168.3.77/24')).toEqual({ base: 3_232_236_288, size: 256 });
});
