/** A plugin answered with an error in PreFilter, Filter or PreScore: the attempt ends with this text, and the pod is tried again after its back-off
 *  (kube-scheduler v1.34 schedule_one.go: schedulePod returns an error that is no FitError). */

import { messageOf, type Status } from './status.ts';

export class AttemptError extends Error {}

/** RunFilterPlugins' wrapping of what a plugin said. */
export const filterError = (status: Status): AttemptError =>
  new AttemptError(`running "${status.plugin ?? ''}" filter plugin: ${messageOf(status)}`);

/** RunPreScorePlugins' wrapping of what a plugin said. */
export const preScoreError = (plugin: string, text: string): AttemptError =>
  new AttemptError(`running PreScore plugin "${plugin}": ${text}`);
