/** Pod (anti-)affinity terms, read once per template. Mirrors pkg/scheduler/framework/types.go v1.34 (AffinityTerm, WeightedAffinityTerm). */

import type { Pod, Selector } from '#api';
import { compileLabelSelector, type LabelSelector, matchesSelector } from '#api';
import { podLabels, podNamespace } from './pod-fields.ts';

type Labels = Readonly<Record<string, string>> | undefined;

export interface AffinityTerm {
  /** Undefined selects nothing. */
  readonly selector: Selector | undefined;
  readonly namespaces: readonly string[];
  /** Undefined selects no namespace beyond `namespaces`; an empty one selects all. */
  readonly namespaceSelector: Selector | undefined;
  readonly topologyKey: string;
  /** 0 for required terms. */
  readonly weight: number;
}

export interface PodAffinityTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
}

interface RawTerm {
  readonly labelSelector?: LabelSelector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  readonly topologyKey: string;
}

const NONE: PodAffinityTerms = { requiredAffinity: [], requiredAntiAffinity: [], preferredAffinity: [], preferredAntiAffinity: [] };

function readTerm(namespace: string, term: RawTerm, weight: number): AffinityTerm {
  const named = term.namespaces ?? [];
  return {
    selector: term.labelSelector === undefined ? undefined : compileLabelSelector(term.labelSelector),
    namespaces: named.length === 0 && term.namespaceSelector === undefined ? [namespace] : named,
    namespaceSelector: term.namespaceSelector === undefined ? undefined : compileLabelSelector(term.namespaceSelector),
    topologyKey: term.topologyKey,
    weight,
  };
}

interface RawAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly RawTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly weight: number; readonly podAffinityTerm: RawTerm }[];
}

const required = (namespace: string, raw: RawAffinity | undefined): AffinityTerm[] =>
  (raw?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => readTerm(namespace, term, 0));
const preferred = (namespace: string, raw: RawAffinity | undefined): AffinityTerm[] =>
  (raw?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
    readTerm(namespace, podAffinityTerm, weight),
  );

// Templates share their affinity object; the terms depend on the namespace besides.
const memo = new WeakMap<object, Map<string, PodAffinityTerms>>();

export function podAffinityTerms(pod: Pod): PodAffinityTerms {
  const affinity = pod.spec?.affinity;
  if (affinity === undefined || (affinity.podAffinity === undefined && affinity.podAntiAffinity === undefined)) return NONE;
  const namespace = podNamespace(pod);
  let byNamespace = memo.get(affinity);
  if (byNamespace === undefined) {
    byNamespace = new Map();
    memo.set(affinity, byNamespace);
  }
  let terms = byNamespace.get(namespace);
  if (terms === undefined) {
    const toward = affinity.podAffinity as RawAffinity | undefined;
    const away = affinity.podAntiAffinity as RawAffinity | undefined;
    terms = {
      requiredAffinity: required(namespace, toward),
      requiredAntiAffinity: required(namespace, away),
      preferredAffinity: preferred(namespace, toward),
      preferredAntiAffinity: preferred(namespace, away),
    };
    byNamespace.set(namespace, terms);
  }
  return terms;
}

/** AffinityTerm.Matches: in one of the term's namespaces, or in one its selector picks by labels, and the labels match. */
export function termMatches(term: AffinityTerm, pod: Pod, namespaceLabels: Labels): boolean {
  if (term.selector === undefined) return false;
  const isInNamespace =
    term.namespaces.includes(podNamespace(pod)) ||
    (term.namespaceSelector !== undefined && matchesSelector(term.namespaceSelector, namespaceLabels));
  return isInNamespace && matchesSelector(term.selector, podLabels(pod));
}

/** podMatchesAllAffinityTerms: false without terms. */
export function matchesAllTerms(terms: readonly AffinityTerm[], pod: Pod): boolean {
  if (terms.length === 0) return false;
  for (const term of terms) if (!termMatches(term, pod, undefined)) return false;
  return true;
}
