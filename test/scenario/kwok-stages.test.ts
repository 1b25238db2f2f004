/** Stages of KWOK become settings of kubelets; what is not understood is refused by its name, with the Stage's. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scenarioFrom } from '#scenario';

const stage = (name: string, spec: object, kind = 'Pod'): object => ({
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name },
  spec: { resourceRef: { apiGroup: 'v1', kind }, ...spec },
});
const settings = (...stages: object[]): Readonly<Record<string, unknown>> =>
  scenarioFrom({
    file: 'here.yaml',
    value: { duration: '1m', cluster: { nodes: 1, kubelets: { stages } } },
    headComment: '',
    placeOf: () => ({ file: 'here.yaml', line: 3 }),
  } as never).cluster.kubelets.settings;
const jobs = { matchExpressions: [{ key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] }] };

describe('Stages', () => {
  test('that make pods run, complete and go', () => {
    const read = settings(
      stage('ready', { delay: { durationMilliseconds: 500 }, next: { statusTemplate: 'phase: Running' } }),
      stage('complete', {
        selector: jobs,
        delay: { durationMilliseconds: 1000, jitterDurationMilliseconds: 5000 },
        next: { statusTemplate: 'phase: Succeeded' },
      }),
      stage('delete', { delay: { durationMilliseconds: 2000 }, next: { delete: true } }),
    );
    expect(read['costOverrides']).toMatchObject({ startSeconds: 0.5, stopSeconds: 2, sandboxSeconds: 0 });
    expect(read['jobRunSeconds']).toEqual({ uniform: { min: 1, max: 5 } });
  });

  test('in the form with steps; a failing container has its exit code', () => {
    const template = 'phase: "Failed"\ncontainerStatuses:\n- state:\n    terminated:\n      exitCode: 3\n';
    const read = settings(
      stage('chaos', {
        delay: { durationMilliseconds: 4000 },
        steps: [{ patch: { root: 'status', subresource: 'status', type: 'strategic', template } }],
      }),
    );
    expect(read['behaviour']).toEqual({ runSeconds: 4, exitCode: 3 });
  });

  test('of nodes say when they are ready', () => {
    const next = { statusTemplate: 'conditions:\n- type: Ready\n  status: "True"\n' };
    expect(settings(stage('node-initialize', { delay: { durationMilliseconds: 1500 }, next }, 'Node'))['runtimeReadySeconds']).toBe(1.5);
  });

  test('of a pod that is made step by step: sandbox, init containers, start, end within the grace period', () => {
    const states = (of: string, state: string): string =>
      `${of}:\n{{ range .spec.containers }}\n- name: {{ .name | Quote }}\n  state:\n    ${state}:\n      x: 1\n{{ end }}\n`;
    const delay = { durationMilliseconds: 1000, jitterDurationMilliseconds: 5000 };
    const weight = { weight: 1, weightFrom: { expressionFrom: '.metadata.annotations["w"]' } };
    const read = settings(
      stage('create', {
        ...weight,
        delay: { durationMilliseconds: 200 },
        next: { statusTemplate: `${states('initContainerStatuses', 'waiting')}phase: Pending\npodIP: {{ PodIPWith .spec.nodeName }}\n` },
      }),
      stage('init-runs', {
        ...weight,
        delay: { durationMilliseconds: 300 },
        next: { statusTemplate: states('initContainerStatuses', 'running') },
      }),
      stage('init-done', {
        ...weight,
        delay,
        next: { statusTemplate: states('initContainerStatuses', 'terminated') + states('containerStatuses', 'waiting') },
      }),
      stage('ready', {
        ...weight,
        delay: { durationMilliseconds: 400 },
        next: { statusTemplate: `${states('containerStatuses', 'running')}phase: Running\n` },
      }),
      stage('delete', {
        ...weight,
        delay: { durationMilliseconds: 1000, jitterDurationFrom: { expressionFrom: '.metadata.deletionTimestamp' } },
        next: { delete: true },
      }),
    );
    expect(read['costOverrides']).toMatchObject({ sandboxSeconds: 0.2, startSeconds: 0.4, stopSeconds: { uniform: { min: 1, max: 30 } } });
    expect(read['initRunSeconds']).toEqual({ uniform: { min: 1, max: 5 } });
  });

  test('that select by labels or annotations are for those pods, with what their annotations say', () => {
    const prefix = 'fails.stage.example.com';
    const template = [
      '{{- $told := or .metadata.annotations dict -}}',
      `{{- $only := or (index $told "${prefix}/container") "" -}}`,
      'containerStatuses:',
      '{{ range $index, $item := .spec.containers }}',
      '{{ if or (not $only) (eq $item.name $only) }}',
      '- name: {{ $item.name | Quote }}',
      '  state:',
      '    terminated:',
      `      exitCode: {{ index $told "${prefix}/code" | default 4 }}`,
      '{{ else }}',
      '- { name: {{ .name }}, state: { running: {} } }',
      '{{ end }}{{ end }}',
      'phase: Failed',
    ].join('\n');
    const read = settings(
      stage('fails', {
        selector: {
          matchLabels: { app: 'bad' },
          matchExpressions: [
            { key: `.metadata.labels["${prefix}"]`, operator: 'In', values: ['true'] },
            { key: '.status.phase', operator: 'In', values: ['Running'] },
          ],
        },
        weight: 10000,
        delay: { durationMilliseconds: 1500, durationFrom: { expressionFrom: `.metadata.annotations["${prefix}/delay"]` } },
        next: { statusTemplate: template },
      }),
    );
    expect(read['behaviour']).toBeUndefined();
    expect(read['stages']).toEqual([
      {
        select: [
          { of: 'labels', key: 'app', operator: 'In', values: ['bad'] },
          { of: 'labels', key: prefix, operator: 'In', values: ['true'] },
        ],
        containers: 'main',
        behaviour: { runSeconds: 1.5, exitCode: 4 },
        delays: 'runSeconds',
        delayFrom: `${prefix}/delay`,
        containerFrom: `${prefix}/container`,
        exitCodeFrom: `${prefix}/code`,
      },
    ]);
  });

  test('that end all pods in several ways are drawn by their weights', () => {
    const ends = (name: string, weight: number, exitCode: number): object =>
      stage(name, {
        weight,
        delay: { durationMilliseconds: 2000 },
        next: { statusTemplate: `phase: Failed\ncontainerStatuses: [{ name: first, state: { terminated: { exitCode: ${exitCode} } } }]` },
      });
    expect(settings(ends('a', 3, 2), ends('b', 1, 5))['behaviour']).toEqual({ runSeconds: 2, exitCode: { '2': 0.75, '5': 0.25 } });
  });

  test('that are wrong say in which line of which file', () => {
    const text = `apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: { name: x }\nspec:\n  resourceRef: { kind: Pod }\n  next:\n    statusTemplate: |\n      phase: Running\n      hostIP: {{ HostIP }}\n`;
    const folder = mkdtempSync(join(tmpdir(), 'stages-'));
    writeFileSync(join(folder, 'x.yaml'), text);
    try {
      settings(join(folder, 'x.yaml') as never);
      expect.unreachable();
    } catch (error) {
      expect(String((error as Error).message)).toBe(`${join(folder, 'x.yaml')}:9: Stage 'x': its template: function "HostIP" is not known`);
    }
    rmSync(folder, { recursive: true });
  });

  test.each([
    [stage('a', { next: { exec: 1 } }), "Stage 'a': 'spec.next.exec' is not supported"],
    [stage('b', { selecter: {} }), "Stage 'b': 'spec.selecter' is not supported"],
    [stage('c', {}, 'Lease'), "Stage 'c': 'spec.resourceRef.kind' must be Pod or Node, found 'Lease'"],
    [stage('d', { weight: -3 }), "Stage 'd': 'spec.weight' wants a number that is not negative"],
    [stage('g', { next: { statusTemplate: 'phase: {{ Phase . }}' } }), 'Stage \'g\': its template: function "Phase" is not known'],
    [stage('h', { next: { statusTemplate: '{{ if .spec }}phase: Running' } }), "Stage 'h': its template: 'if' has no end"],
    [stage('i', { next: { statusTemplate: 'phase: [' } }), "Stage 'i': its template does not come to YAML"],
    [
      stage('j', { selector: { matchExpressions: [{ key: '.spec.priority', operator: 'Exists' }] } }),
      "Stage 'j': 'spec.selector' asks for '.spec.priority'",
    ],
    [stage('k', { next: { statusTemplate: 'conditions: [{ type: Ready, status: "False" }]' } }, 'Node'), 'nodes that fail are faults here'],
    [stage('e', { steps: [{ patch: { root: 'spec', template: '' } }] }), "Stage 'e': 'spec.steps[].patch.root' must be status"],
    [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'f' } },
      "Stage 'f': expected kind Stage of kwok.x-k8s.io/v1alpha1, found Pod of v1",
    ],
  ])('refused: %#', (wrong, message) => {
    expect(() => settings(wrong)).toThrow(message);
  });
});
