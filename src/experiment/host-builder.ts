/** Where a thread finds the table of programs. */
export const HOST_BUILDER = {
  module: new URL(import.meta.url.endsWith('.ts') ? './hosts.ts' : './hosts.js', import.meta.url).href,
  export: 'hostFactory',
};
