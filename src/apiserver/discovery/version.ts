/** /version: which release this server behaves like. Mirrors apimachinery v1.34 pkg/version. */

/** The release whose sources the behaviours were taken from. */
export const RELEASE = '1.34.3';

export function versionDocument(): object {
  const [major, minor] = RELEASE.split('.');
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${RELEASE}+wavetank`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: 'wavetank/simulated',
  };
}
