import { describe, expect, it } from 'vitest';
import { create, play } from './lab.ts';

const map = (name: string, bytes: number): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { namespace: 'default' },
  message: 'x'.repeat(bytes),
});
const MIB = 1024 * 1024;

describe('an object', () => {
  it('of more than 1.5 MiB is refused by etcd', () => {
    const { answers } = play([create('events', map('a', 1.4 * MIB)), create('events', map('b', 1.6 * MIB))]);
    expect(answers[0]?.code).toBe(201);
    expect(answers[1]?.code).toBe(500);
    expect(answers[1]?.object.message).toBe('etcdserver: request is too large');
  });
  it('of more than 2 MiB never reaches etcd', () => {
    const { answers } = play([create('events', map('a', 2.1 * MIB))]);
    expect(answers[0]?.code).toBe(500);
    expect(answers[0]?.object.message).toMatch(
      /^rpc error: code = ResourceExhausted desc = trying to send message larger than max \(\d+ vs\. 2097152\)$/,
    );
  });
  it('of more than 3 MiB never reaches the server', () => {
    const { answers } = play([create('events', map('a', 3.1 * MIB))]);
    expect(answers[0]?.object).toMatchObject({
      message: 'Request entity too large: limit is 3145728',
      reason: 'RequestEntityTooLarge',
      code: 413,
    });
  });
  it('with a name that is no DNS label or subdomain is refused with the rule', () => {
    const { answers } = play([
      create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'Not_A_Label' } }, undefined),
      create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'not/a/name' } }),
    ]);
    expect(answers[0]?.object).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { name: 'Not_A_Label', kind: 'Namespace' },
    });
    expect(answers[0]?.object.message).toBe(
      "Namespace \"Not_A_Label\" is invalid: metadata.name: Invalid value: \"Not_A_Label\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    );
    expect(answers[1]?.code).toBe(422);
    expect(answers[1]?.object.message).toContain(
      'metadata.name: Invalid value: "not/a/name": a lowercase RFC 1123 subdomain must consist of',
    );
  });
});
