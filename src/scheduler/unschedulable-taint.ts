/** The taint that a cordon stands for. Mirrors kube-scheduler v1.34 plugins/nodeunschedulable. */

import type { Pod, Taint } from '#api';
import { toleratedByAny } from '#api';
import { podTolerations } from './pod-fields.ts';

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const toleratesUnschedulable = (pod: Pod): boolean => toleratedByAny(podTolerations(pod), UNSCHEDULABLE);
