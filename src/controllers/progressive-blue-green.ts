/** Blue-green: the new version comes up whole beside the old one, is looked at, and then gets the active Service in one step; the old one stays for a while, to
 *  go back to. Follows Argo Rollouts v1.8 rollout/bluegreen.go and service.go. */

import { SECOND } from '#sim';
import { complete, othersAreGone, point } from './progressive-canary.ts';
import type { Pass } from './progressive-pass.ts';
import { abort, analyse, type Measuring, note, phase, say, scale, wakeAt } from './progressive-pass.ts';
import type { BlueGreen } from './progressive-rollout.ts';
import { availableOf, desiredOf, setHash } from './progressive-rollout.ts';

/** How long the old version stays. */
const SCALE_DOWN_DELAY_SECONDS = 30;

export function reconcileBlueGreen(pass: Pass, strategy: BlueGreen): Measuring | undefined {
  const { rollout, hash, fresh, stable, status } = pass;
  const replicas = desiredOf(rollout);
  const isFirst = stable === undefined || setHash(stable) === hash;
  if (isFirst) return settled(pass, strategy, replicas);
  for (const set of pass.sets) if (set !== fresh && set !== stable) scale(pass, set, 0);
  scale(pass, stable, replicas);
  if (status.isAborted === true) {
    point(pass, strategy.activeService, setHash(stable));
    if (strategy.previewService !== undefined) point(pass, strategy.previewService, setHash(stable));
    scale(pass, fresh, 0);
    return undefined;
  }
  if (strategy.previewService !== undefined) point(pass, strategy.previewService, hash);
  const isSwitched = status.switchedAt !== undefined;
  const size = isSwitched || pass.promote !== undefined ? replicas : (strategy.previewReplicaCount ?? replicas);
  // A preview that is smaller grows to full size before it gets the traffic.
  const wanted = status.pausedSince !== undefined && readyToSwitch(pass, strategy) ? replicas : size;
  scale(pass, fresh, wanted);
  if (availableOf(fresh) < wanted) {
    phase(pass, 'Progressing', 'more replicas need to be updated');
    return undefined;
  }
  return isSwitched ? afterSwitch(pass, strategy) : beforeSwitch(pass, strategy, replicas);
}

/** The first version, or the one that won. */
function settled(pass: Pass, strategy: BlueGreen, replicas: number): undefined {
  const { fresh, hash, view, status } = pass;
  scale(pass, fresh, replicas);
  if (availableOf(fresh) >= replicas) point(pass, strategy.activeService, hash);
  if (strategy.previewService !== undefined) point(pass, strategy.previewService, hash);
  const until = status.scaleDownAt;
  for (const set of pass.sets) {
    if (set === fresh) continue;
    if (until === undefined || until <= view.clock) scale(pass, set, 0);
    else wakeAt(pass, until);
  }
  if (availableOf(fresh) < replicas) phase(pass, 'Progressing', 'more replicas need to be updated');
  else if (othersAreGone(pass) || until !== undefined) complete(pass);
  return undefined;
}

/** autoPromotionEnabled, autoPromotionSeconds or somebody's word. */
function readyToSwitch({ promote, status, view }: Pass, { autoPromotionEnabled = true, autoPromotionSeconds }: BlueGreen): boolean {
  if (promote !== undefined) return true;
  if (autoPromotionEnabled && autoPromotionSeconds === undefined) return true;
  if (autoPromotionSeconds === undefined || status.pausedSince === undefined) return false;
  return status.pausedSince + autoPromotionSeconds * SECOND <= view.clock;
}

function beforeSwitch(pass: Pass, strategy: BlueGreen, replicas: number): Measuring | undefined {
  const { hash, view, fresh } = pass;
  const { prePromotionAnalysis, activeService, previewService, autoPromotionSeconds } = strategy;
  if (prePromotionAnalysis !== undefined && pass.promote !== 'full') {
    phase(pass, 'Progressing', 'analysis before promotion is running');
    const found = analyse(pass, 'pre-promotion', prePromotionAnalysis, previewService ?? activeService);
    if ('requests' in found) return found;
    if (found.phase === 'Running') return undefined;
    if (found.phase !== 'Successful') {
      abort(pass, found.message ?? '');
      return undefined;
    }
  }
  if (!readyToSwitch(pass, strategy)) {
    if (pass.status.pausedSince === undefined) {
      note(pass, { pausedSince: view.clock });
      say(pass, 'Normal', 'RolloutPaused', 'Rollout is paused (BlueGreenPause)');
    }
    phase(pass, 'Paused', 'BlueGreenPause');
    if (autoPromotionSeconds !== undefined) wakeAt(pass, (pass.status.pausedSince ?? view.clock) + autoPromotionSeconds * SECOND);
    return undefined;
  }
  if (availableOf(fresh) < replicas) {
    scale(pass, fresh, replicas);
    if (pass.status.pausedSince === undefined) note(pass, { pausedSince: view.clock });
    return undefined;
  }
  point(pass, activeService, hash);
  note(pass, { switchedAt: view.clock, pausedSince: undefined, phase: 'Progressing', message: 'active service is switched' });
  wakeAt(pass, view.clock);
  return undefined;
}

function afterSwitch(pass: Pass, strategy: BlueGreen): Measuring | undefined {
  const { view, hash, status } = pass;
  const { postPromotionAnalysis, activeService, scaleDownDelaySeconds = SCALE_DOWN_DELAY_SECONDS } = strategy;
  point(pass, activeService, hash);
  if (postPromotionAnalysis !== undefined && pass.promote !== 'full') {
    phase(pass, 'Progressing', 'analysis after promotion is running');
    const found = analyse(pass, 'post-promotion', postPromotionAnalysis, activeService);
    if ('requests' in found) return found;
    if (found.phase === 'Running') return undefined;
    if (found.phase !== 'Successful') {
      abort(pass, found.message ?? '');
      wakeAt(pass, view.clock);
      return undefined;
    }
  }
  const scaleDownAt = (status.switchedAt ?? view.clock) + scaleDownDelaySeconds * SECOND;
  note(pass, { stableHash: hash, scaleDownAt, switchedAt: undefined, analysis: undefined, phase: 'Healthy', message: '' });
  say(pass, 'Normal', 'RolloutCompleted', `Rollout completed update to ${hash}`);
  wakeAt(pass, Math.max(view.clock, scaleDownAt));
  return undefined;
}
