/** Moments at which commands of `x-stackctl.hooks` run on the host, in the order of a deploy. */
export const HOOK_KINDS = ['pre-build', 'pre-deploy', 'pre-migrate', 'post-deploy', 'on-failure'] as const
export type HookKind = (typeof HOOK_KINDS)[number]
