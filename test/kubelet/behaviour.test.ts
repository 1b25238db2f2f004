import { describe, expect, test } from 'vitest';
import { annotatedBehaviour, containerBehaviour, exitCodeOf } from '../../src/kubelet/behaviour.ts';

test('a container’s own entry beats the pod’s, the pod’s beats the settings', () => {
  const annotated = annotatedBehaviour({
    'wavetank.dev/behaviour': '{"runSeconds": 5, "containers": {"side": {"runSeconds": "forever"}}}',
  });
  const settings = { exitCode: 7, runSeconds: 1 };
  expect(containerBehaviour(annotated, settings, 'web')).toMatchObject({ runSeconds: 5, exitCode: 7 });
  expect(containerBehaviour(annotated, settings, 'side')).toMatchObject({ runSeconds: 'forever', exitCode: 7 });
});

test('short forms take numbers, distributions and words', () => {
  const { runSeconds, readyAfterSeconds, exitCode } = annotatedBehaviour({
    'wavetank.dev/run-seconds': 'forever',
    'wavetank.dev/ready-after-seconds': '{"uniform": {"min": 1, "max": 2}}',
    'wavetank.dev/exit-code': '3',
  });
  expect([runSeconds, readyAfterSeconds, exitCode]).toEqual(['forever', { uniform: { min: 1, max: 2 } }, 3]);
});

test('nonsense says nothing; the same annotations are read once', () => {
  expect(annotatedBehaviour({ 'wavetank.dev/behaviour': '{oops' })).toEqual({});
  const annotations = { 'wavetank.dev/exit-code': '1' };
  expect(annotatedBehaviour(annotations)).toBe(annotatedBehaviour(annotations));
});

test('exit codes by probability', () => {
  const codes = { '0': 0.9, '1': 0.07, '137': 0.02 };
  expect([0, 0.89, 0.9, 0.96, 0.98, 0.999].map((draw) => exitCodeOf(codes, draw))).toEqual([0, 0, 1, 1, 137, 0]);
  expect(exitCodeOf(undefined, 0.5)).toBe(0);
  expect(exitCodeOf(4, 0.5)).toBe(4);
});

describe("delays of KWOK's Stages by annotation", () => {
  const read = (annotations: Record<string, string>) =>
    annotatedBehaviour(
      Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key.replace('/', '.stage.kwok.x-k8s.io/'), value])),
    );
  test('are times of its start, its run and its end', () => {
    expect(
      read({ 'pod-ready/delay': '1m30s', 'pod-complete/delay': '500ms', 'pod-complete/jitter-delay': '2.5s', 'pod-delete/delay': '1h' }),
    ).toEqual({
      startSeconds: 90,
      runSeconds: { uniform: { min: 0.5, max: 2.5 } },
      stopSeconds: 3600,
    });
  });
  test('say nothing when they are no durations, and a jitter below the delay is the limit', () => {
    expect(read({ 'pod-ready/delay': 'soon' })).toEqual({});
    expect(read({ 'pod-ready/delay': '5s', 'pod-ready/jitter-delay': '2s' })).toEqual({ startSeconds: 2 });
  });
});
