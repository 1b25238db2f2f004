/** A plugin broke the rules: it threw, or answered what is no answer. The run stops with this text. */
export class PluginError extends Error {}
