/** leaderElection of a configuration: defaults and validation. Mirrors component-base v1.34 config/v1alpha1/defaults.go and config/validation/validation.go,
 *  and what client-go's NewLeaderElector refuses (tools/leaderelection/leaderelection.go). */

import { type ConfigurationError, invalidText, invalidValue, type Path, required } from './field-path.ts';
import { goDuration, goDurationText } from './go-duration.ts';

/** As the file writes it. */
export interface RawLeaderElection {
  readonly leaderElect?: boolean;
  readonly leaseDuration?: string;
  readonly renewDeadline?: string;
  readonly retryPeriod?: string;
  readonly resourceLock?: string;
  readonly resourceName?: string;
  readonly resourceNamespace?: string;
}

/** Durations in microseconds. */
export interface LeaderElectionSettings {
  readonly leaderElect: boolean;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  /** Of the Lease; absent where the file does not say: 'kube-scheduler' upstream. */
  readonly resourceName?: string;
  /** The file says something about it: upstream elects a leader even where nobody asks. */
  readonly isWritten: boolean;
}

export const DEFAULT_LEADER_ELECTION: LeaderElectionSettings = {
  leaderElect: true,
  leaseDuration: 15_000_000,
  renewDeadline: 10_000_000,
  retryPeriod: 2_000_000,
  isWritten: false,
};
/** JitterFactor of client-go. */
const JITTER = 1.2;

export function leaderElectionOf(raw: RawLeaderElection | undefined): LeaderElectionSettings {
  const standard = DEFAULT_LEADER_ELECTION;
  if (raw === undefined) return standard;
  // A duration of 0 is one that nobody set.
  const time = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : goDuration(text) || otherwise);
  return {
    leaderElect: raw.leaderElect ?? true,
    leaseDuration: time(raw.leaseDuration, standard.leaseDuration),
    renewDeadline: time(raw.renewDeadline, standard.renewDeadline),
    retryPeriod: time(raw.retryPeriod, standard.retryPeriod),
    ...((raw.resourceName ?? '') === '' ? {} : { resourceName: raw.resourceName as string }),
    isWritten: true,
  };
}

export function checkLeaderElection(settings: LeaderElectionSettings, path: Path, errors: ConfigurationError[]): void {
  if (!settings.leaderElect) return;
  const { leaseDuration, renewDeadline, retryPeriod } = settings;
  for (const [name, value] of [
    ['leaseDuration', leaseDuration],
    ['renewDeadline', renewDeadline],
    ['retryPeriod', retryPeriod],
  ] as const)
    if (value <= 0) errors.push(invalidText([...path, name], goDurationText(value), 'must be greater than zero'));
  // The value shown is the deadline, as upstream shows it.
  if (leaseDuration <= renewDeadline)
    errors.push(invalidText([...path, 'leaseDuration'], goDurationText(renewDeadline), 'must be greater than `RenewDeadline`'));
  if (renewDeadline <= JITTER * retryPeriod)
    errors.push(
      invalidText([...path, 'renewDeadline'], goDurationText(renewDeadline), 'renewDeadline must be greater than retryPeriod*JitterFactor'),
    );
}

/** What only the file can have wrong. */
export function checkRawLeaderElection(raw: RawLeaderElection | undefined, path: Path, errors: ConfigurationError[]): void {
  if (raw?.leaderElect === false) return;
  checkLeaderElection(leaderElectionOf(raw), path, errors);
  const lock = raw?.resourceLock ?? 'leases';
  if (lock === '') errors.push(required([...path, 'resourceLock']));
  if (lock !== 'leases') errors.push(invalidValue([...path, 'resourceLock'], lock, 'resourceLock value must be "leases"'));
}
