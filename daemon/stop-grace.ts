/** How long running tasks get when a daemon stops. */
export const stopGraceMs = 10_000;
